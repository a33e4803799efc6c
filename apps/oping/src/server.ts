import { OuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { serveFlows, turn, type FlowServing, type ServerOutput } from '@ouroboros/tool-kit';
import type { ServerOptions } from './arguments.js';
import { MAX_SIZE, turnIntoReply } from './payload.js';

/** What a server tells while it runs. */
export interface PingOutput extends ServerOutput {
  /** A line about a packet: not printed when quiet, with the time when asked for. */
  packetLine(text: string): void;
}

/** A flow without a packet for this long is deallocated. [spec/tools.md §1] */
const IDLE_MS = 10_000;
/** As C, whose table ends at descriptor 256. */
const MAX_FLOWS = 256;
/** Packets of one flow that are answered without a turn of the event loop in between. */
const PACKETS_PER_TURN = 64;

/** Answers pings on all flows until `stop` aborts; then all flows are deallocated. */
export class PingServer {
  constructor(
    private readonly accept: FlowServing['accept'],
    private readonly options: Pick<ServerOptions, 'attention'>,
    private readonly output: PingOutput,
    private readonly idleMs = IDLE_MS,
  ) {}

  async run(stop: AbortSignal): Promise<void> {
    const { accept, output } = this;
    const { attention } = this.options;
    output.line(`Ouroboros ping server started${attention === 'wait' ? '' : ' [busy-poll]'}.`);
    const limit = attention === 'busy' ? 1 : MAX_FLOWS;
    await serveFlows({ accept, serve: (flow) => this.echo(flow, stop), output, limit }, stop);
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
