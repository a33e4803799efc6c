import { OuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { Pacer, turn } from '@ouroboros/tool-kit';
import type { ClientOptions } from './arguments.js';
import type { PingEnd } from './lines.js';
import { MAX_SIZE, putRequest, readReply } from './payload.js';
import { PingStatistics } from './statistics.js';

/** What a run tells while it goes on. */
export interface ClientOutput {
  reply(length: number, id: number, rttMs: number, outOfOrder: boolean): void;
  /** A line about something that is not as it should be. */
  remark(text: string): void;
}

export interface ClientResult {
  readonly statistics: PingStatistics;
  readonly timeMs: number;
  readonly end: PingEnd;
}

/** Nanoseconds of a monotonic clock. */
export type NanoClock = () => bigint;

/** The answer may take the interval, in whole seconds, and this much more. [spec/tools.md §1] */
const PATIENCE_MS = 2000;
/** Replies that are handled without a turn of the event loop in between. */
const REPLIES_PER_TURN = 64;

/** One run of pings over a flow, until all replies are there, none comes any more, or `stop` aborts. */
export class PingRun {
  private readonly startedAt: bigint;
  private readonly statistics: PingStatistics;
  private readonly packet: Uint8Array;
  private readonly buffer = new Uint8Array(MAX_SIZE);
  private readonly stopping = new AbortController();
  private readonly patienceMs: number;
  private end: PingEnd = 'complete';

  constructor(
    private readonly flow: Flow,
    private readonly options: ClientOptions,
    private readonly output: ClientOutput,
    private readonly clock: NanoClock,
  ) {
    this.startedAt = clock();
    this.statistics = new PingStatistics(0);
    this.packet = new Uint8Array(options.size);
    this.patienceMs = Math.floor(options.intervalMs / 1000) * 1000 + PATIENCE_MS;
    flow.access = 'both';
    flow.noPartialRead = true;
  }

  async run(stop: AbortSignal): Promise<ClientResult> {
    const onStop = (): void => this.stop('signal');
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) onStop();
    await (this.options.pace === 'interval' ? this.runByInterval() : this.runFlood());
    stop.removeEventListener('abort', onStop);
    return { statistics: this.statistics, timeMs: this.elapsed(), end: this.end };
  }

  private async runByInterval(): Promise<void> {
    await Promise.all([this.guard(this.sendAll()), this.guard(this.receiveAll())]);
  }

  private async sendAll(): Promise<void> {
    const { intervalMs } = this.options;
    const pacer = new Pacer(intervalMs, { firstMs: intervalMs, sleep: intervalMs >= 1 }, () => this.elapsed());
    while (this.statistics.sent < this.options.count) {
      await pacer.next(this.stopping.signal);
      await this.send();
    }
  }

  private async receiveAll(): Promise<void> {
    for (let inTurn = 0; this.statistics.received < this.options.count; inTurn += 1) {
      if (inTurn % REPLIES_PER_TURN === REPLIES_PER_TURN - 1) await turn();
      await this.receive();
    }
    this.stop('complete');
  }

  private runFlood(): Promise<void> {
    const flood = async (): Promise<void> => {
      while (this.statistics.sent < this.options.count) {
        await this.send();
        const before = this.statistics.received;
        while (this.statistics.received === before) await this.receive();
      }
    };
    return this.guard(flood());
  }

  private async send(): Promise<void> {
    putRequest(this.packet, this.statistics.sent, this.clock());
    this.statistics.sent += 1;
    try {
      if (!this.flow.tryWrite(this.packet)) await this.flow.write(this.packet, { signal: this.stopping.signal });
    } catch (thrown) {
      this.statistics.sent -= 1;
      if (!this.stopping.signal.aborted) this.output.remark(`Failed to send packet: ${messageOf(thrown)}`);
      this.stop('flow');
      throw thrown;
    }
  }

  private async receive(): Promise<void> {
    try {
      this.take(this.flow.tryReadInto(this.buffer) ?? (await this.nextReply()));
    } catch (thrown) {
      if (!(thrown instanceof OuroborosError && thrown.code === 'EMSGSIZE')) throw thrown;
      this.output.remark(this.invalidMessage());
    }
  }

  private async nextReply(): Promise<number> {
    const { signal } = this.stopping;
    if (this.options.pace !== 'flood-busy') {
      return this.flow.readInto(this.buffer, { timeoutMs: this.patienceMs, signal });
    }
    const limit = this.elapsed() + this.patienceMs;
    for (;;) {
      const length = this.flow.tryReadInto(this.buffer);
      if (length !== undefined) return length;
      if (this.elapsed() > limit) throw new OuroborosError('ETIMEDOUT', `nothing within ${this.patienceMs} ms`);
      await turn(undefined, { signal });
    }
  }

  private take(length: number): void {
    const reply = readReply(this.buffer.subarray(0, length));
    const rttMs = reply ? Number(this.clock() - reply.sentAt) / 1e6 : NaN;
    if (!reply || rttMs < 0 || rttMs > this.elapsed()) return this.output.remark(this.invalidMessage());
    if (reply.id >= this.statistics.sent) return this.output.remark('Invalid id.');
    const outOfOrder = this.statistics.reply(reply.id, rttMs, this.elapsed());
    this.output.reply(length, reply.id, rttMs, outOfOrder);
  }

  /** A part of the run that breaks ends the run; why is said once. */
  private async guard(part: Promise<void>): Promise<void> {
    try {
      await part;
    } catch (thrown) {
      if (this.stopping.signal.aborted) return;
      const timedOut = thrown instanceof OuroborosError && thrown.code === 'ETIMEDOUT';
      this.output.remark(timedOut ? 'Server timed out.' : `Failed to read packet: ${messageOf(thrown)}`);
      this.stop(timedOut ? 'timeout' : 'flow');
    }
  }

  private stop(end: PingEnd): void {
    if (this.stopping.signal.aborted) return;
    this.end = end;
    this.stopping.abort();
  }

  private invalidMessage(): string {
    return `Invalid message on fd ${this.flow.id}.`;
  }

  /** Since the start, in ms. */
  private elapsed(): number {
    return Number(this.clock() - this.startedAt) / 1e6;
  }
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
