import type { DemoNode } from '@ouroboros/demo';
import { QOS_RAW, exitStatus, type JsonObject } from '@ouroboros/model';
import { refusedWithin } from './flows.js';
import { Mesh } from './mesh.js';
import { until } from './one-node.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

/** Room for one voice, which asks for 100 kb/s. */
const CAPACITY = '150000';
const TAKEN = 'bandwidth 100 kb/s asked, 50 kb/s of 150 kb/s free';
const NO_QOS = exitStatus('EQOS');
/** A flow whose packets are acknowledged stays a while after its end, for what the other side may ask again. */
const ENDED_MS = 15_000;

let site: Site;
let a: DemoNode, b: DemoNode;
beforeAll(async () => {
  site = await Site.open();
  const mesh = await Mesh.build(site, ['a', 'b'], ['a-b'], { capacity: CAPACITY });
  [a, b] = [mesh.get('a'), mesh.get('b')];
  await site.serve(a, 'at-a', 'net');
  await site.serve(b, 'at-b', 'net');
  await until('names are known', async () => (await site.run(a, 'oping', '-n', 'at-b', '-c', '1')).status === 0);
  await until('names are known', async () => (await site.run(b, 'oping', '-n', 'at-a', '-c', '1')).status === 0);
});
afterAll(() => site.close());

describe('a layer whose first member has a capacity for one voice', () => {
  it('refuses the second to tools with exit status 7, at whichever end, until the first has ended', async () => {
    const voice = ['-q', 'voice', '-c', '1', '-i', '1'];
    const first = site.start(a, 'oping', '-n', 'at-b', '-q', 'voice');
    await first.says(/Pinging/);

    const here = `layer net refused a flow to at-b: ${TAKEN}`;
    const refused = { status: NO_QOS, stderr: `Failed to allocate flow: ${here}\n` };
    expect(await site.run(a, 'oping', '-n', 'at-b', ...voice)).toMatchObject(refused);
    expect(await site.run(a, 'operf', '-n', 'at-b', '-q', 'voice', '-d', '1')).toMatchObject({
      status: NO_QOS,
      stderr: expect.stringContaining(here),
    });
    expect(await site.run(b, 'oping', '-n', 'at-a', ...voice)).toMatchObject({
      status: NO_QOS,
      stderr: `Failed to allocate flow: the remote host refused a flow to at-a: ${TAKEN}\n`,
    });
    expect((await site.run(a, 'oping', '-n', 'at-b', '-c', '1')).status).toBe(0);

    expect(await first.kill('SIGINT')).toMatchObject({ status: 0 });
    const admitted = async (): Promise<boolean> => (await site.run(a, 'oping', '-n', 'at-b', ...voice)).status === 0;
    await until('the second is admitted', admitted, ENDED_MS);
  });

  it('refuses what a program asks for beyond it, and says what is taken', async () => {
    const client = site.flows(b);
    const status = async (): Promise<JsonObject> =>
      (await a.irm.management.ipcpReport('net.a', 'status')) as JsonObject;
    await until('all is given back', async () => (await status())['admitted'] === 0, ENDED_MS);
    const asking = (bandwidth: bigint) => ({ qos: { ...QOS_RAW, bandwidth } });
    const error = await refusedWithin(5_000, client.alloc('at-a', asking(150_001n)));
    expect(error).toMatchObject({ code: 'EQOS', message: expect.stringContaining('150 kb/s of 150 kb/s free') });
    const flow = await client.alloc('at-a', asking(150_000n));
    expect(await status()).toMatchObject({ capacity: 150_000, admitted: 150_000 });
    await flow.dealloc();
    await until('all is given back', async () => (await status())['admitted'] === 0);
  });
});
