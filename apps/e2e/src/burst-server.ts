/** Takes one flow at once, and so many more only after a while: `burst-server <pause in ms> <flows>`. */
import { openFlows, type Flow } from '@ouroboros/flow/node';

const [pauseMs, count] = process.argv.slice(2).map(Number) as [number, number];
const flows = openFlows();
const held: Flow[] = [];

async function main(): Promise<void> {
  held.push(await flows.accept());
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  held.push(...(await Promise.all(Array.from({ length: count }, () => flows.accept()))));
  process.stdout.write(`accepted ${held.length}\n`);
}

process.once('SIGTERM', () => void flows.close());
void main();
