import { OuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { serveFlows, turn, type FlowServing, type ServerOutput } from '@ouroboros/tool-kit';
import type { Count, ReceivedJson } from './lines.js';
import { MAX_SIZE } from './payload.js';

/** What a server tells while it runs. */
export interface CbrOutput extends ServerOutput {
  count(flowId: number, of: ReceivedJson['of'], count: Count): void;
}

export interface ServerTimes {
  readonly intervalMs: number;
  /** A flow without a packet for this long is deallocated. */
  readonly idleMs: number;
}

/** [spec/tools.md §5] */
const MAX_FLOWS = 10;
/** Packets of one flow that are handled without a turn of the event loop in between. */
const PACKETS_PER_TURN = 64;

/** Counts what arrives on all flows until `stop` aborts. */
export async function countFlows(
  accept: FlowServing['accept'],
  times: ServerTimes,
  output: CbrOutput,
  stop: AbortSignal,
): Promise<void> {
  await serveFlows(
    {
      accept,
      serve: (flow) => countFlow(flow, times, output, stop),
      output,
      limit: MAX_FLOWS,
      atLimit: () => output.line("Can't accept any more flows, waiting."),
      newFlow: () => 'New flow.',
      timedOut: ({ id }) => `Test on flow ${id} timed out`,
    },
    stop,
  );
}

async function countFlow(flow: Flow, times: ServerTimes, output: CbrOutput, stop: AbortSignal): Promise<void> {
  const tally = new Tally();
  const reports = setInterval(() => output.count(flow.id, 'interval', tally.interval()), times.intervalMs);
  try {
    await receiveAll(flow, tally, times.idleMs, stop);
  } catch (thrown) {
    const ended = thrown instanceof OuroborosError && thrown.code === 'EFLOWDOWN' && flow.downEvent === 'DEALLOC';
    if (!ended) throw thrown;
  } finally {
    clearInterval(reports);
    output.count(flow.id, 'end', tally.all());
  }
}

async function receiveAll(flow: Flow, tally: Tally, timeoutMs: number, signal: AbortSignal): Promise<never> {
  const buffer = new Uint8Array(MAX_SIZE);
  for (let packets = 1; ; packets += 1) {
    if (packets % PACKETS_PER_TURN === 0) await turn(undefined, { signal });
    tally.add(flow.tryReadInto(buffer) ?? (await flow.readInto(buffer, { timeoutMs, signal })));
  }
}

/** What came on one flow, in all and since the last report. */
class Tally {
  private packets = 0;
  private bytes = 0;
  private firstAt = 0;
  private lastAt = 0;
  private reported = { packets: 0, bytes: 0, at: performance.now() };

  add(bytes: number): void {
    this.lastAt = performance.now();
    if (this.packets === 0) this.firstAt = this.lastAt;
    this.packets += 1;
    this.bytes += bytes;
  }

  interval(): Count {
    const before = this.reported;
    this.reported = { packets: this.packets, bytes: this.bytes, at: performance.now() };
    const timeMs = this.reported.at - before.at;
    return { packets: this.packets - before.packets, bytes: this.bytes - before.bytes, timeMs };
  }

  /** From the first packet to the last one. */
  all(): Count {
    return { packets: this.packets, bytes: this.bytes, timeMs: this.lastAt - this.firstAt };
  }
}
