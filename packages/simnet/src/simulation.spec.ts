import { NodeHash } from '@ouroboros/crypto';
import { localType } from '@ouroboros/ipcp-local';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { Links, SeededRandom, Simulation, simType, type SimNode } from './index.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = [simType(localType), simType(udp4Type({} as DynamicDns))];
const newSimulation = (seed = 1): Simulation =>
  new Simulation({ seed, settle, hash: new NodeHash(), types, logLevel: 'trace' });

/** Two nodes with a UDP layer between them; `echo` is served on the second. */
async function twoNodes(sim: Simulation): Promise<readonly [SimNode, SimNode]> {
  const nodes = [sim.node('a', '10.0.0.1'), sim.node('b', '10.0.0.2')] as const;
  for (const [i, { irm }] of nodes.entries()) {
    const config = { ip: `10.0.0.${i + 1}`, hosts: 'echo=10.0.0.2' };
    await irm.ipcpCreate({ name: 'e', type: 'udp4', restart: 'on-failure' });
    await irm.ipcpBootstrap({ name: 'e', layer: 'udp', config, autobind: false });
  }
  (await nodes[1].server('echo')).echo();
  await nodes[1].irm.nameRegister('echo', 'e');
  return nodes;
}

/** Pings, one after the other; answers how many came back. */
async function pings(sim: Simulation, from: SimNode, count: number): Promise<number> {
  const flow = await from.app().alloc('echo', { timeoutMs: 10_000 });
  let answers = 0;
  for (let i = 0; i < count; i += 1) {
    await flow.write(Uint8Array.of(i));
    const answer = await flow.read({ timeoutMs: 100 }).catch(() => undefined);
    if (answer?.[0] === i) answers += 1;
    await sim.sleep(10);
  }
  await flow.dealloc();
  return answers;
}

describe('a simulation of whole nodes', () => {
  it('carries flows of applications over real IPCPs, without loss on good links', async () => {
    const sim = newSimulation();
    const [a] = await sim.resolve(twoNodes(sim));
    expect(await sim.resolve(pings(sim, a, 100))).toBe(100);
  });

  it('repeats itself line by line for a seed, and differs for another', async () => {
    const run = async (seed: number): Promise<readonly string[]> => {
      const sim = newSimulation(seed);
      const [a, b] = await sim.resolve(twoNodes(sim));
      sim.links.setAll({ loss: 0.2, duplicate: 0.1, delayMs: 2, jitterMs: 30 });
      const answers = await sim.resolve(pings(sim, a, 50));
      b.killIpcp('e');
      await sim.run(2_000);
      sim.log.add('spec', `${answers} answers, ${sim.clock.events} events`);
      return sim.log.lines();
    };
    const first = await run(7);
    expect(first.length).toBeGreaterThan(20);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });

  it('loses, cuts and heals by link', async () => {
    const sim = newSimulation();
    const [a] = await sim.resolve(twoNodes(sim));
    const story = pings(sim, a, 200);
    await sim.run(5);
    sim.links.set('10.0.0.1', '10.0.0.2', { loss: 0.3 });
    const answers = await sim.resolve(story);
    expect(answers).toBeGreaterThan(200 * 0.49 - 40);
    expect(answers).toBeLessThan(200 * 0.49 + 40);
    sim.links.healAll();
    sim.links.cut('10.0.0.2', '10.0.0.1');
    await expect(sim.resolve(pings(sim, a, 1))).rejects.toMatchObject({ code: 'ENOANSWER' });
    sim.links.heal('10.0.0.1', '10.0.0.2');
    expect(await sim.resolve(pings(sim, a, 20))).toBe(20);
  });

  it('lets processes die: their peers see it, the daemon restarts an IPCP', async () => {
    const sim = newSimulation();
    const [a, b] = await sim.resolve(twoNodes(sim));
    const client = a.app();
    const flow = await sim.resolve(client.alloc('echo'));
    b.killIpcp('e');
    await sim.run(3_000);
    expect((await sim.resolve(b.irm.ipcpList()))[0]).toMatchObject({ state: 'operational', restarts: 1 });
    expect(await sim.resolve(pings(sim, a, 5))).toBe(5);
    const before = a.processCount;
    a.killIpcp('e');
    await sim.run(1);
    expect(flow.down).toBe('EFLOWDOWN');
    client.kill();
    await sim.run(3_000);
    expect(a.processCount).toBe(before - 1);
    expect((await sim.resolve(a.irm.status())).flows).toBe(0);
  });

  it('keeps flows over a restart of the IRM daemon', async () => {
    const sim = newSimulation();
    const [a, b] = await sim.resolve(twoNodes(sim));
    const flow = await sim.resolve(a.app().alloc('echo'));
    for (const node of [a, b]) node.killDaemon();
    await expect(sim.resolve(a.irm.status())).rejects.toMatchObject({ code: 'EIRMD' });
    await sim.run(500);
    for (const node of [a, b]) node.startDaemon();
    await sim.run(5_000);
    await sim.resolve(flow.write(Uint8Array.of(9)));
    expect(await sim.resolve(flow.read())).toEqual(Uint8Array.of(9));
    expect((await sim.resolve(a.irm.flowList())).map(({ flowId }) => flowId)).toEqual([flow.id]);
    expect(await sim.resolve(pings(sim, a, 5))).toBe(5);
  });

  it('brings a node back as it was after a power failure', async () => {
    const sim = newSimulation();
    const [a, b] = await sim.resolve(twoNodes(sim));
    b.crash();
    expect(b.processCount).toBe(0);
    await sim.run(1_000);
    b.boot();
    (await sim.resolve(b.server('echo'))).echo();
    expect(await sim.until(async () => (await b.irm.status()).ready, 10_000)).toBeDefined();
    expect(await sim.resolve(pings(sim, a, 5))).toBe(5);
  });

  it('starts bound programs', async () => {
    const sim = newSimulation();
    const node = sim.node('a');
    node.programs.set('/bin/daytime', (app) => app.echo());
    await sim.resolve(node.irm.bindProgram({ program: '/bin/daytime', name: 'daytime', auto: true, args: [] }));
    const flow = await sim.resolve(node.app().alloc('daytime'));
    await sim.resolve(flow.write(Uint8Array.of(1)));
    expect(await sim.resolve(flow.read())).toEqual(Uint8Array.of(1));
  });
});

describe('links', () => {
  it('heal what they cut, and count cuts', () => {
    const links = new Links(new SeededRandom(1));
    const fate = (): number => links.fate('a:1', 'b:2', 10).length;
    const heal = links.partition(['a', 'c'], ['b']);
    links.cut('b', 'a');
    expect([fate(), links.isCut('c', 'b')]).toEqual([0, true]);
    heal();
    expect([fate(), links.isCut('c', 'b')]).toEqual([0, false]);
    links.heal('a', 'b');
    expect(fate()).toBe(1);
  });

  it('does not undo a later cut when an earlier partition ends', () => {
    const links = new Links(new SeededRandom(1));
    const heal = links.partition(['a'], ['b']);
    links.healAll();
    links.cut('a', 'b');
    heal();
    expect(links.isCut('a', 'b')).toBe(true);
  });
});
