/** Asks for so many flows, some at a time, gives each back at once, and tells how long it took: `swift-client <name> <flows> <at once>`. */
import { openFlows } from '@ouroboros/flow/node';
import { toOuroborosError } from '@ouroboros/model';

const [name, count, atOnce] = process.argv.slice(2) as [string, string, string];
const flows = openFlows();
const tookMs: number[] = [];
const failures: string[] = [];
let left = Number(count);

async function one(): Promise<void> {
  const startedAt = performance.now();
  try {
    const flow = await flows.alloc(name);
    await flow.dealloc();
  } catch (thrown) {
    failures.push(toOuroborosError(thrown).code);
  }
  tookMs.push(performance.now() - startedAt);
}

async function worker(): Promise<void> {
  for (; left > 0; left -= 1) await one();
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: Number(atOnce) }, worker));
  const perSecond = (1000 * tookMs.length) / (performance.now() - startedAt);
  const medianMs = tookMs.sort((a, b) => a - b)[tookMs.length >> 1]!;
  process.stdout.write(`${JSON.stringify({ perSecond, medianMs, failures: [...new Set(failures)] })}\n`);
  await flows.close();
}

void main();
