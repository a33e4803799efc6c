import { OuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { serveFlows, turn, type FlowServing, type ServerOutput } from '@ouroboros/tool-kit';
import type { TestType } from './arguments.js';
import { MAX_SIZE } from './manual.js';
import { readConfig, readSeqno } from './payload.js';

/** What a server tells while it runs. */
export interface PerfOutput extends ServerOutput {
  /** A packet of a unidirectional test. */
  packet(flowId: number, seqno: number): void;
}

/** A flow without a packet for this long is deallocated. [spec/tools.md §3] */
const IDLE_MS = 1000;
/**
 * Before the first packet it may be longer: clients wait 1 s after the configuration, so that C's limit, which is the
 * same, is met by chance.
 */
const PATIENCE_FACTOR = 3;
/** Packets of one flow that are handled without a turn of the event loop in between. */
const PACKETS_PER_TURN = 64;

/** Serves tests on all flows until `stop` aborts; then all flows are deallocated. */
export class PerfServer {
  constructor(
    private readonly accept: FlowServing['accept'],
    private readonly output: PerfOutput,
    private readonly idleMs = IDLE_MS,
  ) {}

  async run(stop: AbortSignal): Promise<void> {
    const { accept, output } = this;
    output.line('Ouroboros perf server started.');
    await serveFlows({ accept, serve: (flow) => this.test(flow, stop), output }, stop);
  }

  private async test(flow: Flow, signal: AbortSignal): Promise<void> {
    const firstMs = this.idleMs * PATIENCE_FACTOR;
    const test = readConfig(await flow.read({ timeoutMs: firstMs, signal }));
    if (test === undefined) throw new OuroborosError('EINVAL', 'its first packet is no configuration of a test');
    this.output.line(`Doing a ${test}directional test.`);
    const buffer = new Uint8Array(MAX_SIZE);
    for (let packets = 0; ; packets += 1) {
      if (packets % PACKETS_PER_TURN === PACKETS_PER_TURN - 1) await turn(undefined, { signal });
      const timeoutMs = packets === 0 ? firstMs : this.idleMs;
      const length = flow.tryReadInto(buffer) ?? (await flow.readInto(buffer, { timeoutMs, signal }));
      await this.take(flow, test, buffer.subarray(0, length), signal);
    }
  }

  private async take(flow: Flow, test: TestType, packet: Uint8Array, signal: AbortSignal): Promise<void> {
    const seqno = readSeqno(packet);
    if (seqno === undefined) return this.output.remark(`Invalid message on fd ${flow.id}.`);
    if (test === 'uni') this.output.packet(flow.id, seqno);
    else if (!flow.tryWrite(packet)) await flow.write(packet, { timeoutMs: this.idleMs, signal });
  }
}
