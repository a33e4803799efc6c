import { openFlows, type Flow, type Flows } from '@ouroboros/flow/node';
import { alive, kill, OneNode, openFiles, until } from './one-node.js';

jest.setTimeout(40_000);

/** A flow ends this much after the death of the process at its other end, at the latest. */
const NOTICED_MS = 100;

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

/** One packet there and back. The server is oping: it turns type 0 into type 1. */
async function ping(flow: Flow): Promise<void> {
  await flow.write(new Uint8Array(64));
  const reply = await flow.read({ timeoutMs: 2_000 });
  expect([...reply.subarray(0, 4)]).toEqual([0, 0, 0, 1]);
}

/** How long a reader waits until its flow is down, in ms. */
async function downAfter(flow: Flow): Promise<number> {
  const startedAt = performance.now();
  await expect(flow.read({ timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'EFLOWDOWN' });
  return performance.now() - startedAt;
}

describe.each([
  ['direct flows', LAYER],
  ['flows through a layer', THROUGH_LAYER],
])('kill -9 with %s', (_what, configuration) => {
  it('of a server: its flows go down within 100 ms, others keep working, its name can be served again', async () => {
    await node.up(configuration);
    const victim = await node.serve('hello');
    const other = await node.serve('other');
    await node.irm.regName('other', { ipcps: ['l0'] });
    const [doomed, safe] = [await flows.alloc('hello'), await flows.alloc('other')];
    await ping(doomed);
    kill(victim.pid);
    expect(await downAfter(doomed)).toBeLessThan(NOTICED_MS);
    await ping(safe);
    await until('the channel socket of the dead is swept', () => !node.files().includes(`ch.${victim.pid}`));
    await expect(flows.alloc('hello')).rejects.toMatchObject({ code: 'ENOSERVER' });
    await node.serve('hello');
    await ping(await flows.alloc('hello'));
    await other.kill('SIGTERM');
  });

  it('of a client: the server sees its flow down and goes on, and no flow or descriptor is left', async () => {
    await node.up(configuration);
    const server = await node.serve('hello');
    await ping(await flows.alloc('hello'));
    const watched = [server.pid, node.irmd.pid, ...(await node.irm.listIpcps()).map(({ pid }) => pid)];
    const before = watched.map(openFiles);
    const flowsBefore = (await node.irm.listFlows()).length;
    const clients = [1, 2, 3, 4].map(() => node.start('oping', '-n', 'hello', '-i', '10ms'));
    await Promise.all(clients.map((client) => client.says(/seq=2/)));
    for (const client of clients) kill(client.pid);
    await server.says(/(Flow \d+ ended[^]*){4}/);
    await until('the flows are gone', async () => (await node.irm.listFlows()).length === flowsBefore);
    await until('no descriptor is left', () => watched.map(openFiles).every((count, i) => count <= before[i]!));
  });

  it('of irmd: packets go on, and the next irmd adopts IPCPs, processes and flows', async () => {
    await node.up(configuration);
    const server = await node.serve('hello');
    const flow = await flows.alloc('hello');
    await ping(flow);
    const before = { ipcps: await node.irm.listIpcps(), flows: await node.irm.listFlows() };
    kill(node.irmd.pid);
    await node.irmd.ended;
    await ping(flow);
    await node.up(configuration);
    const identities = (list: typeof before.flows): string =>
      JSON.stringify(
        list.map(({ flowId, name, pids, layer, correlationId: id }) => [flowId, name, [...pids].sort(), layer, id]),
      );
    await until(
      'the flows are adopted',
      async () => identities(await node.irm.listFlows()) === identities(before.flows),
    );
    expect((await node.irm.listIpcps()).map(({ pid, layer, restarts }) => ({ pid, layer, restarts }))).toEqual(
      before.ipcps.map(({ pid, layer }) => ({ pid, layer, restarts: 0 })),
    );
    await ping(flow);
    await ping(await flows.alloc('hello'));
    await flow.dealloc();
    await until('the flow is gone', async () => (await node.irm.listFlows()).every(({ flowId }) => flowId !== flow.id));
    expect(server.running).toBe(true);
    await node.down();
    expect(node.processes()).toEqual([server.pid]);
  });
});

describe('kill -9 of an IPCP', () => {
  it('ends its flows within 100 ms at both ends; it restarts, joins and registers again', async () => {
    await node.up(THROUGH_LAYER);
    const server = await node.serve('hello');
    const flow = await flows.alloc('hello');
    await ping(flow);
    const [ipcp] = await node.irm.listIpcps();
    kill(ipcp!.pid);
    expect(await downAfter(flow)).toBeLessThan(NOTICED_MS);
    await server.says(/Flow \d+ ended/);
    await until('the IPCP is back', async () => {
      const [again] = await node.irm.listIpcps();
      return again?.state === 'operational' && again.pid !== ipcp!.pid && again.restarts === 1;
    });
    await node.irm.waitReady({ timeoutMs: 5_000 });
    await ping(await flows.alloc('hello'));
    expect(alive(ipcp!.pid)).toBe(false);
  });

  it('leaves direct flows alone', async () => {
    await node.up(LAYER);
    await node.serve('hello');
    const flow = await flows.alloc('hello');
    kill((await node.irm.listIpcps())[0]!.pid);
    await until('the IPCP is back', async () => (await node.irm.listIpcps())[0]?.restarts === 1);
    await ping(flow);
  });

  it('is final with the policy never, and an exit in order is final with on-failure but not with always', async () => {
    await node.up('[local.a]\nrestart = "never"\n[local.b]\nrestart = "on-failure"\n[local.c]\nrestart = "always"');
    const before = new Map((await node.irm.listIpcps()).map(({ name, pid }) => [name, pid]));
    kill(before.get('a')!);
    kill(before.get('b')!, 'SIGTERM');
    kill(before.get('c')!, 'SIGTERM');
    await until('only c is left, anew', async () => {
      const list = await node.irm.listIpcps();
      return (
        list.length === 1 && list[0]!.name === 'c' && list[0]!.pid !== before.get('c') && list[0]!.state === 'boot'
      );
    });
  });
});

describe('kill -9 of irmd', () => {
  it('leaves auto-started programs to the next irmd, which ends them when it ends', async () => {
    const configuration = `${LAYER}[name.hello]\nprog = ["oping"]\nargs = ["-l -Q"]\n`;
    await node.up(configuration);
    const flow = await flows.alloc('hello');
    await ping(flow);
    const [first] = (await node.irm.listNames())[0]!.pids;
    kill(node.irmd.pid);
    await node.irmd.ended;
    await node.up(configuration);
    await ping(flow);
    await until('the server serves again', async () => (await node.irm.listNames())[0]?.pids[0] === first);
    await ping(await flows.alloc('hello'));
    await flows.close();
    expect(await node.down()).toMatchObject({ status: 0 });
    expect(node.processes()).toEqual([]);
    expect(node.files()).toEqual([]);
  });
});

describe('kill -9 of everything', () => {
  it('leaves leftovers that the next irmd clears away', async () => {
    await node.up(LAYER);
    await node.serve('hello');
    for (const pid of node.processes()) kill(pid);
    await until('all are dead', () => node.processes().length === 0);
    expect(node.files()).toContain('irm.sock');
    await node.up(LAYER);
    expect(await node.irm.listIpcps()).toMatchObject([{ name: 'l0', layer: 'loop', state: 'operational' }]);
    await node.serve('hello');
    await ping(await flows.alloc('hello'));
    for (const { pid } of (await node.irm.listFlows()).flatMap(({ pids }) => pids.map((pid) => ({ pid })))) {
      if (pid !== process.pid) kill(pid);
    }
    await flows.close();
    await node.down();
    expect(node.processes()).toEqual([]);
    expect(node.files()).toEqual([]);
  });
});
