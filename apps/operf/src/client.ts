import { setTimeout as pause } from 'node:timers/promises';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { sendAtRate, turn } from '@ouroboros/tool-kit';
import type { ClientOptions } from './arguments.js';
import { configPacket, putSeqno, readSeqno } from './payload.js';

export interface ClientResult {
  readonly sent: number;
  /** Replies of a bidirectional test. */
  readonly received: number;
  /** From the first packet to the last one sent or received. */
  readonly timeMs: number;
}

/** What may differ in specs. */
export interface ClientTimes {
  /** Between the configuration and the first packet. [spec/tools.md §3] */
  readonly settleMs: number;
  /** Replies that take longer do not come. [spec/tools.md §3] */
  readonly patienceMs: number;
}

const TIMES: ClientTimes = { settleMs: 1000, patienceMs: 2000 };
/** Replies that are handled without a turn of the event loop in between. */
const REPLIES_PER_TURN = 64;

/** One test over a flow: sends for the duration, then waits for replies under way. */
export class PerfRun {
  private sent = 0;
  private received = 0;
  private startedAt = 0;
  private lastAt = 0;
  private sending = true;
  private readonly stopping = new AbortController();

  constructor(
    private readonly flow: Flow,
    private readonly options: Pick<ClientOptions, 'test' | 'durationMs' | 'rate' | 'size' | 'sleep'>,
    private readonly remark: (text: string) => void,
    private readonly times: ClientTimes = TIMES,
  ) {
    flow.access = 'both';
    flow.noPartialRead = true;
  }

  /** Aborting `stop` ends the test early. EMSGSIZE when the flow takes no packet of that size. */
  async run(stop: AbortSignal): Promise<ClientResult> {
    const onStop = (): void => this.stopping.abort();
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) onStop();
    await this.guard(this.test());
    stop.removeEventListener('abort', onStop);
    return { sent: this.sent, received: this.received, timeMs: this.lastAt - this.startedAt };
  }

  private async test(): Promise<void> {
    const { signal } = this.stopping;
    await this.flow.write(configPacket(this.options.test), { signal });
    await pause(this.times.settleMs, undefined, { signal });
    this.startedAt = this.lastAt = performance.now();
    const receiving = this.options.test === 'bi' ? this.guard(this.receiveAll()) : undefined;
    try {
      await this.sendAll();
    } finally {
      this.sending = false;
    }
    await receiving;
  }

  private sendAll(): Promise<void> {
    const { durationMs, rate, size, sleep } = this.options;
    const sent = (ms: number): void => {
      this.sent += 1;
      this.lastAt = this.startedAt + ms;
    };
    const stamp = (packet: Uint8Array): void => putSeqno(packet, this.sent);
    const sending = { durationMs, rate, packet: new Uint8Array(size), stamp, sent, sleep };
    return sendAtRate(this.flow, sending, this.stopping.signal);
  }

  private async receiveAll(): Promise<void> {
    const { signal } = this.stopping;
    const buffer = new Uint8Array(this.options.size);
    let late = false;
    for (let replies = 1; this.sending || (this.received < this.sent && !late); replies += 1) {
      if (replies % REPLIES_PER_TURN === 0) await turn(undefined, { signal });
      const length = await this.nextReply(buffer, signal);
      // At a low rate the next packet may not even be sent yet.
      late = length === null;
      if (length === null) continue;
      const seqno = readSeqno(buffer);
      if (length !== this.options.size || seqno === undefined || seqno >= this.sent) this.invalid();
      else {
        this.received += 1;
        this.lastAt = performance.now();
      }
    }
  }

  /** Null when none came for as long as they may take; 0 for one that is too long. */
  private async nextReply(buffer: Uint8Array, signal: AbortSignal): Promise<number | null> {
    try {
      const { patienceMs } = this.times;
      return this.flow.tryReadInto(buffer) ?? (await this.flow.readInto(buffer, { timeoutMs: patienceMs, signal }));
    } catch (thrown) {
      const { code } = toOuroborosError(thrown);
      if (code === 'EMSGSIZE') return 0;
      if (code === 'ETIMEDOUT') return null;
      throw thrown;
    }
  }

  private invalid(): void {
    this.remark(`Invalid message on fd ${this.flow.id}.`);
  }

  /** A flow that breaks, or a stop, ends the test; what was measured until then counts. */
  private async guard(part: Promise<void>): Promise<void> {
    try {
      await part;
    } catch (thrown) {
      if (this.stopping.signal.aborted) return;
      this.stopping.abort();
      if (thrown instanceof OuroborosError && thrown.code === 'EMSGSIZE') throw thrown;
      this.remark(`Flow ${this.flow.id} ended: ${toOuroborosError(thrown).message}`);
    }
  }
}
