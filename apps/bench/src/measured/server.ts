import { openFlows, type Flow } from '@ouroboros/flow/node';
import { Counter } from './counter.js';
import { COUNT, ECHO, REPORT, reportPacket } from './packet.js';

const LARGEST = 65_536;
/** Packets per turn of the event loop, as of an application that has other things to do. */
const BATCH = 256;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Serves every flow that comes in at the node of `runtimeDir`, until it is ended; tells its parent when irmd knows it. */
export async function serve(runtimeDir: string): Promise<never> {
  const flows = openFlows({ runtimeDir });
  const next = flows.accept();
  await flows.ready();
  process.send?.({ pid: process.pid });
  void serveFlow(await next);
  for (;;) void serveFlow(await flows.accept());
}

async function serveFlow(flow: Flow): Promise<void> {
  try {
    await answer(flow);
  } catch (thrown) {
    if (flow.down === null) throw thrown;
  }
  await flow.dealloc();
}

/** Answers ECHO at once, counts COUNT, and tells at REPORT what it has counted. Rejects when the flow ends. */
async function answer(flow: Flow): Promise<never> {
  const buffer = new Uint8Array(LARGEST);
  const counter = new Counter();
  flow.noPartialRead = true;
  for (;;) {
    let length: number | undefined = await flow.readInto(buffer);
    for (let i = 0; length !== undefined; i += 1) {
      if (buffer[0] === COUNT) counter.count(buffer, length);
      else if (buffer[0] === ECHO) await flow.write(buffer.subarray(0, length));
      else if (buffer[0] === REPORT) {
        counter.settle();
        await flow.write(reportPacket(counter.received()));
      }
      if (i % BATCH === BATCH - 1) {
        counter.settle();
        await nextTurn();
      }
      length = flow.tryReadInto(buffer);
    }
    counter.settle();
  }
}
