import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import { Simulation, simType } from '@ouroboros/simnet';
import { troubles } from './troubles.js';
import { UnicastNetwork } from './unicast-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const FROM = Number(process.env['FROM'] ?? 1);
const COUNT = Number(process.env['COUNT'] ?? 20);

it('routes', async () => {
  const bad: string[] = [];
  for (let seed = FROM; seed < FROM + COUNT; seed += 1) {
    const t0 = performance.now();
    const cpu = process.cpuUsage();
    const sim = new Simulation({
      seed,
      settle,
      hash: new NodeHash(),
      types: [simType(udp4Type({} as DynamicDns)), simType(unicastType)],
      logLevel: 'debug',
    });
    const net = new UnicastNetwork(sim, { size: 10, extraLinks: 6 });
    await sim.resolve(net.build(), 60_000);
    const tb = performance.now() - t0;
    await sim.resolve(troubles(net, { forMs: 10_000, longestCutMs: 6_000, lastingCut: seed % 2 === 0 }));
    const tt = performance.now() - t0;
    const took = await sim.until(async () => (await net.wrongRoutes()).length === 0, 2_000, 50);
    const line = [`seed ${seed}: setup ${tb | 0} troubles ${tt | 0}, routes after ${took}`];
    if (took === undefined) {
      line.push(...(await sim.resolve(net.wrongRoutes())).slice(0, 5));
      const later = await sim.until(async () => (await net.wrongRoutes()).length === 0, 100_000, 500);
      line.push(`later: ${later}`);
    }
    const pairs = net.reachablePairs();
    const clients = net.members.map(({ node }) => node.app());
    let open = pairs;
    let faults: string[] = [];
    const seen: string[] = [];
    const resolved = await sim.until(
      async () => {
        const results = await Promise.all(
          open.map(async ([from, to]) => ({ from, to, fault: await net.resolveFault(from, to, clients[from]!) })),
        );
        open = results.filter(({ fault }) => fault !== undefined).map(({ from, to }) => [from, to] as const);
        faults = results.flatMap(({ fault }) => fault ?? []);
      for (const f of faults) { seen.push(f); sim.log.add('spec', f); }
        return open.length === 0;
      },
      28_000,
      500,
    );
    const c = process.cpuUsage(cpu);
    line.push(
      `resolved after ${resolved} ${faults.slice(0, 3).join('; ')} total ${(performance.now() - t0) | 0} ms cpu ${((c.user + c.system) / 1000) | 0} virtual ${sim.nowMs | 0} events ${sim.clock.events}`,
    );
    bad.push(line.join('\n  '));
    if (COUNT === 1) bad.push(sim.log.lines().join('\n'));
  }
  console.log(bad.join('\n'));
}, 6_000_000);
