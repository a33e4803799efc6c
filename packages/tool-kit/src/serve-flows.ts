import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { toOuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';

/** What a server tells while it runs. */
export interface ServerOutput {
  line(text: string): void;
  /** A line about something that is not as it should be. */
  remark(text: string): void;
}

export interface FlowServing {
  accept(signal: AbortSignal): Promise<Flow>;
  /** What is done with a flow, which is deallocated afterwards, and when `stop` aborts. ETIMEDOUT: it was silent for too long. */
  serve(flow: Flow, stop: AbortSignal): Promise<void>;
  readonly output: ServerOutput;
  /** Flows at a time; others wait. Default: no limit. */
  readonly limit?: number;
  /** The limit was reached. */
  atLimit?(): void;
  /** `New flow <id>.` unless given. */
  newFlow?(flow: Flow): string;
  /** `Flow <id> timed out.` unless given. */
  timedOut?(flow: Flow): string;
}

/** Pause after an accept that failed, so that an IRM daemon that restarts is not stormed. */
const RETRY_MS = 200;

/** Serves all flows that come until `stop` aborts and the last is deallocated. */
export async function serveFlows(serving: FlowServing, stop: AbortSignal): Promise<void> {
  const { limit = Infinity } = serving;
  const open = new Set<Promise<void>>();
  // Each flow listens.
  setMaxListeners(0, stop);
  while (!stop.aborted) {
    if (open.size >= limit) {
      serving.atLimit?.();
      await Promise.race(open);
      continue;
    }
    const flow = await acceptNext(serving, stop);
    if (!flow) continue;
    const served = serveOne(serving, flow, stop).finally(() => open.delete(served));
    open.add(served);
  }
  await Promise.all(open);
}

async function acceptNext({ accept, output }: FlowServing, stop: AbortSignal): Promise<Flow | undefined> {
  try {
    return await accept(stop);
  } catch (thrown) {
    if (stop.aborted) return undefined;
    output.remark(`Failed to accept flow: ${toOuroborosError(thrown).message}`);
    await pause(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
    return undefined;
  }
}

async function serveOne(serving: FlowServing, flow: Flow, stop: AbortSignal): Promise<void> {
  const { output, newFlow = newFlowLine, timedOut = timedOutLine } = serving;
  output.line(newFlow(flow));
  flow.access = 'both';
  flow.noPartialRead = true;
  const end = (): void => void flow.dealloc();
  stop.addEventListener('abort', end, { once: true });
  try {
    await serving.serve(flow, stop);
  } catch (thrown) {
    const { code, message } = toOuroborosError(thrown);
    if (code === 'ETIMEDOUT') output.line(timedOut(flow));
    else if (!stop.aborted) output.remark(`Flow ${flow.id} ended: ${message}`);
  }
  stop.removeEventListener('abort', end);
  await flow.dealloc();
}

const newFlowLine = ({ id }: Flow): string => `New flow ${id}.`;
const timedOutLine = ({ id }: Flow): string => `Flow ${id} timed out.`;
