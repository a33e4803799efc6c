import type { CancelSignal } from '@ouroboros/ports';
import { openFlows } from '@ouroboros/flow/node';
import { pipeOf, type Joining } from '@ouroboros/joining/node';
import { toOuroborosError } from '@ouroboros/model';
import { serveFlows } from '@ouroboros/tool-kit';

/** Without a caller for so long it ends; irmd starts it again for the next one. */
const IDLE_MS = 60_000;
/** Callers at a time. */
const LIMIT = 16;

/** Answers hosts that join, until nobody comes any more. */
export async function serveJoins(joining: Joining, note: (text: string) => void, signal: CancelSignal): Promise<void> {
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort());
  let idle = setTimeout(() => stop.abort(), IDLE_MS);
  const flows = openFlows();
  const output = { line: () => undefined, remark: note };
  const serving = {
    accept: (until: AbortSignal) => flows.accept({ signal: until }),
    serve: async (flow: Parameters<typeof pipeOf>[0]): Promise<void> => {
      clearTimeout(idle);
      try {
        note(`admitted ${await joining.serve(pipeOf(flow))}`);
      } catch (thrown) {
        note(`not admitted: ${toOuroborosError(thrown).message}`);
      }
      idle = setTimeout(() => stop.abort(), IDLE_MS);
    },
    output,
    limit: LIMIT,
  };
  try {
    await serveFlows(serving, stop.signal);
  } finally {
    clearTimeout(idle);
    await flows.close();
  }
}
