/** Takes flows without end, and gives each back when its other end is closed: `swift-server`. */
import { openFlows, type Flow } from '@ouroboros/flow/node';

const AT_ONCE = 8;
const flows = openFlows();

async function untilDown(flow: Flow): Promise<void> {
  try {
    for (;;) await flow.read();
  } catch (thrown) {
    if (flow.down === null) throw thrown;
  } finally {
    await flow.dealloc();
  }
}

async function accept(): Promise<never> {
  for (;;) void untilDown(await flows.accept());
}

async function main(): Promise<void> {
  const accepting = Array.from({ length: AT_ONCE }, accept);
  await flows.ready();
  process.stdout.write('server started\n');
  await Promise.all(accepting);
}

process.once('SIGTERM', () => void flows.close().then(() => process.exit()));
void main();
