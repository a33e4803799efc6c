import type { JsonObject } from '@ouroboros/model';
import type { BroadcastNetwork } from './broadcast-network.js';
import { SECOND, SIZE, deliversOnce, duplicates, network, upTo } from './network.fixture.js';

/** When every member in `who` first had a message of each second that `from` sends one in, counted from now; ms. */
async function reachedAfter(net: BroadcastNetwork, from: number, who: readonly number[], first: number) {
  let message = first;
  return net.sim.until(
    async () => {
      const before = message;
      await net.send(from, (message += 1));
      return before > first && who.every((i) => net.members[i]!.received[before] === 1);
    },
    20 * SECOND,
    50,
  );
}

describe('a broadcast layer of 20 members, a tree with one redundant link', () => {
  it('delivers each of 2,000 messages exactly once to each of the others', async () => {
    await deliversOnce(2_000);
  });

  it('goes on when a member is killed: the rest are attached to one another within 5 s, and keep receiving', async () => {
    const net = await network({});
    const { sim } = net;
    await sim.resolve(net.connect(SIZE - 1, 4));
    await sim.run(SECOND);
    // Member 1 has 4, 5 and 6 behind it; of these only 4 is still attached by the redundant link.
    net.members[1]!.node.crash();
    const rest = upTo(SIZE).filter((i) => i !== 1);
    const others = rest.filter((i) => i !== 0);
    expect(await reachedAfter(net, 0, others, 0)).toBeLessThan(5 * SECOND);
    const [from, to] = [10_000, 12_000];
    await sim.resolve(net.sendAll(rest, from, to));
    await sim.run(SECOND);
    const own = (i: number) => (message: number) => rest[message % rest.length] === i;
    expect(rest.map((i) => net.tally(i, from, to, own(i)))).toEqual(rest.map(() => [0, to - from, 0]));
    // It is back, and what stood in for it is given up.
    net.members[1]!.node.boot();
    await sim.run(15 * SECOND);
    expect(await lostBy(net, others)).toEqual(others.map(() => []));
    await sim.resolve(net.sendAll(rest, to, to + 500));
    await sim.run(SECOND);
    expect(rest.map((i) => net.tally(i, to, to + 500, own(i)))).toEqual(rest.map(() => [0, 500, 0]));
  });

  it('has a late joiner receive within 2 s', async () => {
    const net = await network({ size: SIZE - 1 });
    const { sim } = net;
    const before = sim.nowMs;
    await sim.resolve(net.add(6));
    await reachedAfter(net, 0, [SIZE - 1], 0);
    expect(sim.nowMs - before).toBeLessThan(2 * SECOND);
  });
});

async function lostBy(net: BroadcastNetwork, who: readonly number[]): Promise<unknown[]> {
  const statuses = who.map(async (i) => {
    const { node, ipcp } = net.members[i]!;
    return ((await node.irm.ipcpReport(ipcp, 'status')) as JsonObject)['lost'];
  });
  return net.sim.resolve(Promise.all(statuses));
}

describe('a broadcast layer of members', () => {
  it('goes round a link that is cut, though both its ends live', async () => {
    const net = await network({ size: 5, through: [0, 0, 1, 2, 3] });
    const { sim } = net;
    await sim.run(SECOND);
    sim.links.cut('10.0.0.2', '10.0.0.3');
    expect(await reachedAfter(net, 0, [1, 2, 3, 4], 0)).toBeLessThan(5 * SECOND);
    expect(await reachedAfter(net, 4, [0, 1, 2, 3], 1000)).toBeLessThan(SECOND);
  });

  it('does not attach a member again that an operator took out', async () => {
    const net = await network({ size: 4, through: [0, 0, 0, 0] });
    const { sim } = net;
    await sim.run(SECOND);
    const { node, ipcp: name } = net.members[3]!;
    await sim.resolve(node.irm.ipcpDisconnect({ name, dst: 'b0', component: 'Data Transfer' }));
    await sim.run(10 * SECOND);
    await sim.resolve(net.send(0, 7));
    await sim.run(100);
    expect([1, 2, 3].map((i) => net.members[i]!.received[7])).toEqual([1, 1, 0]);
  });

  it('stands on a unicast layer as well', async () => {
    const net = await network({ size: 6, through: [0, 0, 1, 1, 2, 3], overUnicast: true });
    const { sim } = net;
    await sim.resolve(net.connect(5, 4));
    await sim.run(SECOND);
    await sim.resolve(net.sendAll(upTo(6), 0, 1200));
    await sim.run(SECOND);
    const tallies = upTo(6).map((i) => net.tally(i, 0, 1200, (message) => message % 6 === i));
    expect(tallies).toEqual(upTo(6).map(() => [0, 1200, 0]));
    net.members[1]!.node.crash();
    expect(await reachedAfter(net, 0, [2, 3, 4, 5], 2000)).toBeLessThan(5 * SECOND);
  });

  it('takes in members that speak as C does, and strips the header towards them', async () => {
    const typeOf = (i: number): string => (i === 2 || i === 5 ? 'plain' : 'broadcast');
    const net = await network({ size: 8, through: [0, 0, 1, 2, 1, 1, 5, 6], typeOf });
    const { sim } = net;
    await sim.resolve(net.connect(4, 0));
    await sim.resolve(net.sendAll(upTo(8), 0, 800));
    await sim.run(SECOND);
    const tallies = upTo(8).map((i) => net.tally(i, 0, 800, (message) => message % 8 === i));
    expect(tallies).toEqual(upTo(8).map(() => [0, 800, 0]));
    expect(await duplicates(net)).toBeGreaterThan(0);
  });
});
