import type { Flow, Flows } from '@ouroboros/flow/node';
import { offerName } from '@ouroboros/tool-kit';
import type { ServerOptions } from './arguments.js';

/**
 * Waits for one flow to a name: binds this process to it, and registers it where that is asked for, until the flow is
 * here. `listening` is called when clients can come. Errors of Flows.accept, Flows.bind and Irm.regName.
 */
export async function acceptOne(
  flows: Flows,
  options: Pick<ServerOptions, 'name' | 'layers' | 'waitMs'>,
  stop: AbortSignal,
  listening: () => void,
): Promise<Flow> {
  const { name, layers, waitMs } = options;
  await flows.ready();
  // A process that waits for a flow is attached, and can be bound.
  const flow = flows.accept({ timeoutMs: waitMs, signal: stop });
  flow.catch(() => undefined);
  const undo = await offerName(flows, name, layers);
  listening();
  try {
    return await flow;
  } finally {
    await undo();
  }
}
