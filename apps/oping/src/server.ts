import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerOptions } from './arguments.js';
import { turn } from './pacer.js';
import { MAX_SIZE, turnIntoReply } from './payload.js';

/** What a server tells while it runs. */
export interface ServerOutput {
  line(text: string): void;
  /** A line about a packet: not printed when quiet, with the time when asked for. */
  packetLine(text: string): void;
  remark(text: string): void;
}

export type AcceptFlow = (signal: AbortSignal) => Promise<Flow>;

/** A flow without a packet for this long is deallocated. [spec/tools.md §1] */
const IDLE_MS = 10_000;
/** As C, whose table ends at descriptor 256. */
const MAX_FLOWS = 256;
/** Packets of one flow that are answered without a turn of the event loop in between. */
const PACKETS_PER_TURN = 64;
/** Pause after an accept that failed, so that an IRM daemon that restarts is not stormed. */
const RETRY_MS = 200;

/** Answers pings on all flows until `stop` aborts; then all flows are deallocated. */
export class PingServer {
  private readonly serving = new Set<Promise<void>>();

  constructor(
    private readonly accept: AcceptFlow,
    private readonly options: Pick<ServerOptions, 'attention'>,
    private readonly output: ServerOutput,
    private readonly idleMs = IDLE_MS,
  ) {}

  async run(stop: AbortSignal): Promise<void> {
    const limit = this.options.attention === 'busy' ? 1 : MAX_FLOWS;
    this.output.line(`Ouroboros ping server started${this.options.attention === 'wait' ? '' : ' [busy-poll]'}.`);
    while (!stop.aborted) {
      if (this.serving.size >= limit) await Promise.race(this.serving);
      else await this.acceptOne(stop);
    }
    await Promise.all(this.serving);
  }

  private async acceptOne(stop: AbortSignal): Promise<void> {
    try {
      const flow = await this.accept(stop);
      this.output.line(`New flow ${flow.id}.`);
      const served = this.serve(flow, stop).finally(() => this.serving.delete(served));
      this.serving.add(served);
    } catch (thrown) {
      if (stop.aborted) return;
      this.output.remark(`Failed to accept flow: ${toOuroborosError(thrown).message}`);
      await pause(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  private async serve(flow: Flow, stop: AbortSignal): Promise<void> {
    flow.access = 'both';
    flow.noPartialRead = true;
    try {
      await this.echo(flow, stop);
    } catch (thrown) {
      const { code, message } = toOuroborosError(thrown);
      if (code === 'ETIMEDOUT') this.output.line(`Flow ${flow.id} timed out.`);
      else if (!stop.aborted) this.output.remark(`Flow ${flow.id} ended: ${message}`);
    }
    await flow.dealloc();
  }

  private async echo(flow: Flow, stop: AbortSignal): Promise<void> {
    const buffer = new Uint8Array(MAX_SIZE);
    for (let packets = 1; ; packets += 1) {
      if (packets % PACKETS_PER_TURN === 0) await turn(undefined, { signal: stop });
      const packet = await this.nextPacket(flow, buffer, stop);
      if (packet === undefined || !turnIntoReply(packet)) {
        this.output.remark(`Invalid message on fd ${flow.id}.`);
        continue;
      }
      this.output.packetLine(`Received ${packet.length} bytes on fd ${flow.id}.`);
      if (!flow.tryWrite(packet)) await flow.write(packet, { timeoutMs: this.idleMs, signal: stop });
    }
  }

  /** Undefined for a packet that is too long for a ping. */
  private async nextPacket(flow: Flow, buffer: Uint8Array, stop: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      const length = flow.tryReadInto(buffer) ?? (await this.waitForPacket(flow, buffer, stop));
      return buffer.subarray(0, length);
    } catch (thrown) {
      if (thrown instanceof OuroborosError && thrown.code === 'EMSGSIZE') return undefined;
      throw thrown;
    }
  }

  private async waitForPacket(flow: Flow, buffer: Uint8Array, signal: AbortSignal): Promise<number> {
    if (this.options.attention === 'wait') return flow.readInto(buffer, { timeoutMs: this.idleMs, signal });
    const limit = performance.now() + this.idleMs;
    for (;;) {
      const length = flow.tryReadInto(buffer);
      if (length !== undefined) return length;
      if (performance.now() > limit) throw new OuroborosError('ETIMEDOUT', `nothing within ${this.idleMs} ms`);
      await turn(undefined, { signal });
    }
  }
}
