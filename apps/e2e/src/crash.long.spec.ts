import { readdirSync } from 'node:fs';
import { longestGap, startPinging, type DemoNode, type Triangle } from '@ouroboros/demo';
import type { Flow, Flows } from '@ouroboros/flow/node';
import { answersPing, downAfter } from './flows.js';
import { ms, note, pause } from './measure.js';
import { alive, kill, until } from './one-node.js';
import type { Program } from './programs.js';
import { leftovers, Site } from './site.js';

jest.setTimeout(60_000);

/** How soon after a death the process at the other end of its flow is told, on the same host and on another. */
const LOCAL_NOTICE_MS = 100;
const REMOTE_NOTICE_MS = 1_000;
/** Pings that have nothing to do with the dead may be late on a busy machine, but none is lost. */
const CALM_GAP_MS = 500;

let site: Site;
let triangle: Triangle;
let n1: DemoNode, n2: DemoNode, n3: DemoNode;
let flows1: Flows, flows2: Flows, flows3: Flows;
const shmBefore = readdirSync('/dev/shm');
beforeAll(async () => {
  site = await Site.open();
  triangle = await site.triangle();
  [n1, n2, n3] = ['n1', 'n2', 'n3'].map((name) => triangle.get(name)) as [DemoNode, DemoNode, DemoNode];
  [flows1, flows2, flows3] = [n1, n2, n3].map((node) => site.flows(node)) as [Flows, Flows, Flows];
});
afterAll(() => site.close());

const pidOf = async (node: DemoNode, ipcp: string): Promise<number> =>
  (await node.irm.listIpcps()).find(({ name }) => name === ipcp)?.pid ?? 0;

/** Runs `action` while `name`, on which it has no bearing, is pinged every 10 ms from a node. */
async function whilePinging(what: string, from: DemoNode, name: string, action: () => Promise<void>): Promise<void> {
  const said: string[] = [];
  const pings = startPinging(from.plan.runtimeDir, name, (line) => said.push(line));
  await until('pings are answered', () => pings.replies.length > 10);
  try {
    await action();
    await pause(200);
  } finally {
    await pings.stop();
  }
  const gap = longestGap(pings.replies);
  note(what, `longest gap elsewhere ${ms(gap)} in ${pings.replies.length} pings`);
  expect(said).toEqual([]);
  expect(gap).toBeLessThan(CALM_GAP_MS);
}

/** Waits until the triangle is whole again: everything ready, every node with direct routes to both others. */
async function whole(limitMs = 15_000): Promise<number> {
  const direct = async ({ irm, plan }: DemoNode): Promise<boolean> => {
    if (!(await irm.status()).ready) return false;
    const routes = (await irm.management.ipcpReport(`net.${plan.name}`, 'routes')) as { direct: boolean }[];
    return routes.length === 2 && routes.every((route) => route.direct);
  };
  const asked = async (): Promise<boolean> => (await Promise.all([n1, n2, n3].map(direct))).every(Boolean);
  return until('the triangle is whole', () => asked().catch(() => false), limitMs);
}

/** How long it takes until a name can be called and answers, in ms. */
const callable = (flows: Flows, name: string, limitMs = 10_000): Promise<number> =>
  until(
    `${name} answers`,
    async () => {
      try {
        const flow = await flows.alloc(name);
        await answersPing(flow);
        await flow.dealloc();
        return true;
      } catch {
        return false;
      }
    },
    limitMs,
  );

const answered = async (flow: Flow): Promise<boolean> => {
  await flow.write(new Uint8Array(64));
  return flow.read({ timeoutMs: 100 }).then(
    () => true,
    () => false,
  );
};

const opened = async (flows: Flows, name: string): Promise<Flow> => {
  const flow = await flows.alloc(name);
  await answersPing(flow);
  return flow;
};

describe('kill -9 in the triangle', () => {
  let calm: Program;
  beforeAll(async () => {
    calm = await site.serve(n3, 'calm', 'net');
  });

  it('of a server: its flows go down in time here and there, other flows of the node go on', async () => {
    const victim = await site.serve(n2, 'victim', 'net');
    await whilePinging('a server is killed', n2, 'calm', async () => {
      const [here, there] = [await opened(flows2, 'victim'), await opened(flows1, 'victim')];
      const down = Promise.all([downAfter(here), downAfter(there)]);
      kill(victim.pid);
      const [local, remote] = await down;
      note('a server is killed', `EFLOWDOWN after ${ms(local)} on its host, ${ms(remote)} on another`);
      expect(local).toBeLessThan(LOCAL_NOTICE_MS);
      expect(remote).toBeLessThan(REMOTE_NOTICE_MS);
    });
    await n2.irm.unregName('victim', { layers: ['net'] });
  });

  it('of a client: the server is told in time, and nothing of the flow is left on either host', async () => {
    const server = site.start(n2, 'oping', '--listen');
    await server.says(/server started/);
    await n2.irm.bindProcess(server.pid, 'watched');
    await n2.irm.regName('watched', { layers: ['net'] });
    await whilePinging('a client is killed', n1, 'calm', async () => {
      const counts = async (): Promise<number[]> =>
        Promise.all([n1, n2].map(async ({ irm }) => (await irm.listFlows()).length));
      const before = await counts();
      const memory = site.sharedMemories();
      const client = site.start(n1, 'oping', '-n', 'watched', '-i', '10ms');
      await client.says(/seq=5/);
      const startedAt = performance.now();
      kill(client.pid);
      await server.says(/Flow \d+ ended/);
      const tookMs = performance.now() - startedAt;
      note('a client is killed', `the server on another host sees its flow down after ${ms(tookMs)}`);
      expect(tookMs).toBeLessThan(REMOTE_NOTICE_MS);
      await until('the flows are gone', async () => (await counts()).every((count, i) => count <= before[i]!));
      await until('their shared memory is gone', () => site.sharedMemories() <= memory);
      note('a client is killed', `${site.sharedMemories()} pieces of shared memory on all nodes, ${memory} before`);
    });
  });

  it('of the local IPCP: it comes back into its layer, and nobody else notices', async () => {
    const flow = await opened(flows1, 'calm');
    await whilePinging('the local IPCP is killed', n1, 'calm', async () => {
      const pid = await pidOf(n1, 'local');
      kill(pid);
      await until('it is another process', async () => ![0, pid].includes(await pidOf(n1, 'local')));
      await n1.irm.waitReady({ timeoutMs: 5_000 });
      expect((await n1.irm.listIpcps()).find(({ name }) => name === 'local')).toMatchObject({
        state: 'operational',
        layer: 'loop',
        restarts: 1,
      });
    });
    await answersPing(flow);
    await flow.dealloc();
  });

  it('of the UDP IPCP: it comes back, its neighbours connect again, pings through the node work again', async () => {
    await site.serve(n1, 'beyond', 'net');
    const flow = await opened(flows2, 'beyond');
    await whilePinging('the UDP IPCP of n1 is killed', n2, 'calm', async () => {
      const pid = await pidOf(n1, 'udp');
      const startedAt = performance.now();
      kill(pid);
      await until('it is another process', async () => ![0, pid].includes(await pidOf(n1, 'udp')));
      note('the UDP IPCP of n1 is killed', `another process after ${ms(performance.now() - startedAt)}`);
      await callable(flows3, 'beyond');
      note('the UDP IPCP of n1 is killed', `a new flow to n1 after ${ms(performance.now() - startedAt)}`);
      await whole();
      note('the UDP IPCP of n1 is killed', `the triangle is whole after ${ms(performance.now() - startedAt)}`);
    });
    await answersPing(flow);
    note('the UDP IPCP of n1 is killed', 'a flow over it, in the layer above, has lived on');
    await flow.dealloc();
  });

  it.each(['n1', 'n2'])(
    'of the unicast IPCP of %s: flows end in time, it joins, registers and connects again',
    async (at) => {
      const [node, own, other] = at === 'n1' ? [n1, flows1, flows2] : [n2, flows2, flows1];
      const name = `on.${at}`;
      await site.serve(node, name, 'net');
      await whilePinging(`the unicast IPCP of ${at} is killed`, at === 'n1' ? n2 : n1, 'calm', async () => {
        const [there, here] = [await opened(other, name), await opened(own, 'calm')];
        const down = Promise.all([downAfter(here), downAfter(there)]);
        const pid = await pidOf(node, `net.${at}`);
        const startedAt = performance.now();
        kill(pid);
        const [local, remote] = await down;
        note(
          `the unicast IPCP of ${at} is killed`,
          `EFLOWDOWN after ${ms(local)} on its host, ${ms(remote)} on another`,
        );
        expect(local).toBeLessThan(LOCAL_NOTICE_MS);
        expect(remote).toBeLessThan(REMOTE_NOTICE_MS);
        await callable(other, name);
        note(
          `the unicast IPCP of ${at} is killed`,
          `its name answers again after ${ms(performance.now() - startedAt)}`,
        );
        await whole();
        note(`the unicast IPCP of ${at} is killed`, `the triangle is whole after ${ms(performance.now() - startedAt)}`);
        expect(await pidOf(node, `net.${at}`)).not.toBe(pid);
        expect(alive(pid)).toBe(false);
      });
    },
  );

  it('of the unicast IPCP in the middle of a line: its flows end in time, those through it go on when it is back', async () => {
    await n3.irm.disconnectIpcp({ name: 'net.n3', dst: 'net.n1' });
    const routes = async (): Promise<readonly { direct: boolean }[]> =>
      (await n1.irm.management.ipcpReport('net.n1', 'routes')) as { direct: boolean }[];
    await until('n1 reaches n3 over n2', async () => (await routes()).some(({ direct }) => !direct));
    await site.serve(n2, 'middle', 'net');
    const [through, ended] = [await opened(flows1, 'calm'), await opened(flows1, 'middle')];
    const down = downAfter(ended);
    const startedAt = performance.now();
    kill(await pidOf(n2, 'net.n2'));
    const remote = await down;
    note('the unicast IPCP in the middle of a line is killed', `EFLOWDOWN after ${ms(remote)} on another host`);
    expect(remote).toBeLessThan(REMOTE_NOTICE_MS);
    await until('the flow through it is answered', () => answered(through), 20_000);
    note(
      'the unicast IPCP in the middle of a line is killed',
      `a flow through it goes on after ${ms(performance.now() - startedAt)}`,
    );
    await through.dealloc();
    await n3.irm.connectIpcp({ name: 'net.n3', dst: 'net.n1' });
    await whole();
  });

  it('of irmd, of the client and of the server: no ping is lost, and the next irmd adopts everything', async () => {
    for (const [which, at] of [
      ['client', 0],
      ['server', 2],
    ] as const) {
      const node = [n1, n2, n3][at]!;
      const before = { ipcps: await node.irm.listIpcps(), flows: await node.irm.listFlows() };
      await whilePinging(`irmd of the ${which} is killed`, n1, 'calm', async () => {
        const pings = site.start(n1, 'oping', '-n', 'calm', '-c', '200', '-i', '10ms');
        await pings.says(/seq=5/);
        kill(node.pid!);
        await until('irmd is dead', () => !node.running);
        await pause(300);
        const again = await site.node(node.plan.name, node.plan.address, node.plan.runtimeDir);
        if (at === 0) n1 = again;
        else n3 = again;
        await again.irm.waitReady({ timeoutMs: 10_000 });
        const ipcps = await again.irm.listIpcps();
        expect(ipcps.map(({ name, pid, layer, state }) => ({ name, pid, layer, state }))).toEqual(
          before.ipcps.map(({ name, pid, layer, state }) => ({ name, pid, layer, state })),
        );
        const strip = (list: typeof before.flows) =>
          list.map(({ flowId, name, layer, pids, correlationId }) => ({ flowId, name, layer, pids, correlationId }));
        const wanted = strip(before.flows);
        const held = async (): Promise<typeof wanted> => strip(await again.irm.listFlows());
        const isAdopted = async (): Promise<boolean> => {
          const flows = (await held()).map((flow) => JSON.stringify(flow));
          return wanted.every((flow) => flows.includes(JSON.stringify(flow)));
        };
        await until('the processes have told of their flows', isAdopted);
        await callable(flows1, 'calm');
        const ran = await pings.ended;
        expect(ran).toMatchObject({ status: 0, stderr: '' });
        expect(ran.stdout).toMatch(/200 packets transmitted, 200 received, 0 out-of-order/);
      });
    }
    expect(calm.running).toBe(true);
    await whole();
  });
});

describe('afterwards', () => {
  it('an orderly end leaves no process, socket, shared memory or file behind', async () => {
    await Promise.all([flows1, flows2, flows3].map((flows) => flows.close()));
    for (const pid of site.programs()) kill(pid);
    const irmds = [n1, n2, n3].map(({ pid }) => pid!);
    for (const pid of irmds) kill(pid, 'SIGTERM');
    await until('all irmd have ended', () => irmds.every((pid) => !alive(pid)), 12_000);
    await until('no process is left', () => site.processes().length === 0);
    expect(leftovers(site.folder)).toEqual([]);
    expect(readdirSync('/dev/shm').filter((file) => !shmBefore.includes(file))).toEqual([]);
  });
});
