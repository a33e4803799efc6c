import { setTimeout as wait } from 'node:timers/promises';
import { longestGap, startPinging, type PingRun } from './ping.js';
import type { Triangle } from './triangle.js';

/** More than this without a reply is a failure. */
export const GAP_LIMIT_MS = 1000;
const FIRST_REPLY_MS = 3000;
const BEFORE_MS = 1000;
const CUT_MS = 3000;
const AFTER_MS = 2000;

export interface CheckResult {
  readonly longestGapMs: number;
  readonly replies: number;
  readonly faults: readonly string[];
}

type Pause = (ms: number) => Promise<unknown>;

/**
 * Pings from n1 to n2, cuts the link between them and heals it; the pings have to find the way over n3. Rejects with an
 * AbortError when `signal` aborts meanwhile.
 */
export async function checkTriangle(
  triangle: Triangle,
  say: (text: string) => void,
  signal?: AbortSignal,
): Promise<CheckResult> {
  await triangle.serve('check', 'n2');
  const pings = startPinging(triangle.get('n1').plan.runtimeDir, 'check', (line) => say(`oping: ${line}`));
  try {
    return await cutAndHeal(triangle, pings, (ms) => wait(ms, undefined, { signal }));
  } finally {
    await pings.stop();
  }
}

async function cutAndHeal(triangle: Triangle, pings: PingRun, pause: Pause): Promise<CheckResult> {
  const faults: string[] = [];
  await firstReply(pings, pause);
  await pause(BEFORE_MS);
  if (pings.replies.length === 0) faults.push('no reply before the cut');
  await triangle.cut('n1', 'n2');
  await pause(CUT_MS);
  if (!(await detour(triangle))) faults.push('n1 has no way around the cut link');
  const duringCut = pings.replies.length;
  await triangle.heal('n1');
  await pause(AFTER_MS);
  if (pings.replies.length === duringCut) faults.push('no reply after the link was healed');
  if (await detour(triangle)) faults.push('n1 still goes around the healed link');
  const longestGapMs = longestGap(pings.replies);
  if (longestGapMs > GAP_LIMIT_MS) faults.push(`no reply for ${longestGapMs.toFixed(0)} ms`);
  return { longestGapMs, replies: pings.replies.length, faults };
}

/** True when n1 reaches one of its neighbours through the other. */
async function detour(triangle: Triangle): Promise<boolean> {
  const routes = await triangle.get('n1').irm.management.ipcpReport('net.n1', 'routes');
  return Array.isArray(routes) && routes.some((route) => isRecord(route) && route['direct'] === false);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

async function firstReply({ replies }: PingRun, pause: Pause): Promise<void> {
  for (let waited = 0; waited < FIRST_REPLY_MS && replies.length === 0; waited += 20) await pause(20);
}
