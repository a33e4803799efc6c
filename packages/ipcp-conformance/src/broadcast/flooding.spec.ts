import { NodeHash } from '@ouroboros/crypto';
import { broadcastType } from '@ouroboros/ipcp-broadcast';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { Simulation, simType } from '@ouroboros/simnet';
import { BroadcastNetwork } from './broadcast-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = [simType(udp4Type({} as DynamicDns)), simType(broadcastType)];
const simulation = (seed = 1): Simulation =>
  new Simulation({ seed, settle, hash: new NodeHash(), types, logLevel: 'info' });

/** A tree of 20 members, each with at most three others behind it. */
const SIZE = 20;
const TREE = Array.from({ length: SIZE }, (_, i) => Math.floor((i - 1) / 3));

async function network(messages: number, size = SIZE): Promise<BroadcastNetwork> {
  const made = new BroadcastNetwork(simulation(), { size, through: TREE, messages });
  await made.sim.resolve(made.build());
  return made;
}

const all = Array.from({ length: SIZE }, (_, i) => i);

describe('a broadcast layer of 20 members, a tree with one redundant link', () => {
  it('delivers each of 10,000 messages exactly once to each of the others', async () => {
    const messages = 10_000;
    const net = await network(messages);
    const { sim } = net;
    await sim.resolve(net.connect(SIZE - 1, 4));
    await sim.run(1_000);
    await sim.resolve(net.sendAll(all, 0, messages), 60_000);
    await sim.run(1_000);
    const tallies = all.map((i) => net.tally(i, 0, messages, (message) => message % SIZE === i));
    expect(tallies).toEqual(all.map(() => [0, messages, 0]));
  });
});
