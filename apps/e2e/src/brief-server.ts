/** Takes so many flows, each for two packets, and ends: `brief-server <flows>`. */
import { openFlows } from '@ouroboros/flow/node';

const flows = openFlows();

async function main(): Promise<void> {
  for (let left = Number(process.argv[2]); left > 0; left -= 1) {
    const flow = await flows.accept();
    for (const byte of [left & 0xff, 7]) flow.tryWrite(Uint8Array.of(byte));
    await flow.dealloc();
  }
  await flows.close();
}

void main();
