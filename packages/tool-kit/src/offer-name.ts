import type { Flows } from '@ouroboros/flow/node';
import { openIrm } from '@ouroboros/irm/node';

/**
 * Binds this process, which has to be attached, to a name, and registers the name in these layers. Answers what takes both
 * back; what is gone already by then is no failure. Errors of Flows.bind and Irm.regName.
 */
export async function offerName(
  flows: Flows,
  name: string,
  layers: readonly string[],
): Promise<() => Promise<unknown>> {
  const unbind = await flows.bind(name);
  if (layers.length === 0) return () => unbind().catch(() => undefined);
  const irm = openIrm({ runtimeDir: flows.runtimeDir });
  try {
    await irm.regName(name, { layers });
  } catch (thrown) {
    irm.close();
    await unbind().catch(() => undefined);
    throw thrown;
  }
  return async () => {
    await Promise.allSettled([irm.unregName(name, { layers }), unbind()]);
    irm.close();
  };
}
