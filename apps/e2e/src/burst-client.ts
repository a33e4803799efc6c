/** Asks for one flow, then for so many at once, and says how long these took: `burst-client <name> <flows>`. */
import { openFlows } from '@ouroboros/flow/node';

const [name, count] = process.argv.slice(2) as [string, string];
const flows = openFlows();

async function main(): Promise<void> {
  await flows.alloc(name);
  const startedAt = performance.now();
  const all = await Promise.all(Array.from({ length: Number(count) }, () => flows.alloc(name)));
  const tookMs = performance.now() - startedAt;
  process.stdout.write(`${JSON.stringify({ flows: new Set(all.map((flow) => flow.id)).size, tookMs })}\n`);
  await flows.close();
}

void main();
