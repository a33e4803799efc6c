import { toOuroborosError } from '@ouroboros/model';
import { openFlows, type Flow } from '@ouroboros/flow/node';
import type { Trial, TryFlow } from '@ouroboros/irm';

/** Asks this host for a flow as any program does, and ends it at once. */
export const tryFlow: TryFlow = async (name, timeoutMs) => {
  const flows = openFlows();
  const begin = performance.now();
  try {
    await flows.ready();
    const asked = performance.now();
    return granted(await flows.alloc(name, { timeoutMs }), performance.now() - asked);
  } catch (thrown) {
    const { code, stage, message } = toOuroborosError(thrown);
    return { ok: false, tookMs: performance.now() - begin, code, stage, message };
  } finally {
    await flows.close();
  }
};

function granted({ layer, crypto }: Flow, tookMs: number): Trial {
  const protection = crypto === null ? '' : `encrypted: ${crypto.kex}, ${crypto.cipher}`;
  return { ok: true, tookMs, layer, protection };
}
