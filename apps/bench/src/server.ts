import { openFlows, type Flow } from '@ouroboros/flow/node';
import { COUNT, ECHO, REPORT, reportPacket } from './packet.js';

const LARGEST = 65_536;

/** Serves every flow that comes in at the node of `runtimeDir`, until it is ended; tells its parent when irmd knows it. */
export async function serve(runtimeDir: string): Promise<never> {
  const flows = openFlows({ runtimeDir });
  const next = flows.accept();
  await flows.ready();
  process.send?.('ready');
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

/** Answers ECHO at once, counts COUNT, and tells at REPORT what it counted since the last. Rejects when the flow ends. */
async function answer(flow: Flow): Promise<never> {
  const buffer = new Uint8Array(LARGEST);
  flow.noPartialRead = true;
  let packets = 0;
  let bytes = 0;
  let first = 0;
  let last = 0;
  for (;;) {
    const length = flow.tryReadInto(buffer) ?? (await flow.readInto(buffer));
    if (buffer[0] === COUNT) {
      last = performance.now();
      if (packets === 0) first = last;
      packets += 1;
      bytes += length;
    } else if (buffer[0] === ECHO) {
      await flow.write(buffer.subarray(0, length));
    } else if (buffer[0] === REPORT) {
      await flow.write(reportPacket({ packets, bytes, spanMs: last - first }));
      packets = 0;
      bytes = 0;
    }
  }
}
