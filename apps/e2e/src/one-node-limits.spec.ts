import { openFlows, type Flows } from '@ouroboros/flow/node';
import { OneNode, openFiles, until } from './one-node.js';

jest.setTimeout(30_000);

let node: OneNode;
let flows: Flows;
beforeEach(() => {
  node = new OneNode();
  flows = openFlows({ runtimeDir: node.dir });
});
afterEach(async () => {
  await flows.close();
  await node.destroy();
});

const LAYER = '[local.l0]\nbootstrap = "loop"\nreg = ["hello"]\n';
const THROUGH_LAYER = `[irmd]\ndirect_flows = false\n${LAYER}`;

describe('errors of flow allocation', () => {
  it('name the layers that were asked for a name that is nowhere, within a second', async () => {
    await node.up(LAYER);
    const ping = await node.run('oping', '-n', 'nowhere');
    expect(ping).toMatchObject({ status: 4, stderr: expect.stringMatching(/nowhere.*loop/) });
    expect(ping.tookMs).toBeLessThan(1_000);
  });

  it.each([
    ['directly', LAYER],
    ['through a layer', THROUGH_LAYER],
  ])('say within a second that nobody serves a name %s', async (_how, configuration) => {
    await node.up(configuration);
    const startedAt = performance.now();
    await expect(flows.alloc('hello')).rejects.toMatchObject({ code: 'ENOSERVER' });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('many allocations at once', () => {
  it.each([
    ['directly', LAYER],
    ['through a layer', THROUGH_LAYER],
  ])('are all done within two seconds %s when the server accepts after one', async (_how, configuration) => {
    await node.up(configuration);
    const server = node.start('burst-server', '1000', '300');
    await until('the server is attached', async () => (await node.irm.status()).processes === 1);
    await node.irm.bindProcess(server.pid, 'hello');
    const client = await node.run('burst-client', 'hello', '300');
    const { flows: count, tookMs } = JSON.parse(client.stdout) as { flows: number; tookMs: number };
    expect(count).toBe(300);
    expect(tookMs).toBeLessThan(2_000);
  });

  it('leave nothing open when they come one after the other', async () => {
    await node.up(THROUGH_LAYER);
    const server = await node.serve('hello');
    const round = async (): Promise<void> => {
      const flow = await flows.alloc('hello');
      await flow.write(new Uint8Array(64));
      await flow.read({ timeoutMs: 2_000 });
      await flow.dealloc();
    };
    await round();
    const watched = [process.pid, server.pid, node.irmd.pid, (await node.irm.listIpcps())[0]!.pid];
    await until('the first flow is gone', async () => (await node.irm.listFlows()).length === 0);
    const before = watched.map(openFiles);
    for (let i = 0; i < 100; i++) await round();
    await until('all flows are gone', async () => (await node.irm.listFlows()).length === 0);
    await until('no descriptor is left', () => watched.map(openFiles).every((count, i) => count <= before[i]! + 1));
  });
});
