import { NodeHash } from '@ouroboros/crypto';
import { broadcastType, broadcastTypeWith } from '@ouroboros/ipcp-broadcast';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import type { JsonObject } from '@ouroboros/model';
import { Simulation, simType } from '@ouroboros/simnet';
import { BroadcastNetwork, type BroadcastOptions } from './broadcast-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** A member that speaks and hears as a C one does. */
const plainType = { ...broadcastTypeWith({ extensions: false }), name: 'plain' };
const udp = udp4Type({} as DynamicDns);
const types = [simType(udp), simType(unicastType), simType(broadcastType), simType(plainType)];

/** A tree of 20 members, each with at most three others behind it. */
export const SIZE = 20;
const TREE = Array.from({ length: SIZE }, (_, i) => Math.floor((i - 1) / 3));
export const SECOND = 1_000;

export const upTo = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

export async function network(options: Partial<BroadcastOptions>): Promise<BroadcastNetwork> {
  const sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types, logLevel: 'info' });
  const net = new BroadcastNetwork(sim, { size: SIZE, through: TREE, messages: 20_000, ...options });
  await sim.resolve(net.build());
  return net;
}

/** The tree, with a link more: 1,000 messages a second, from all in turn, reach each of the others exactly once. */
export async function deliversOnce(messages: number): Promise<void> {
  const net = await network({ messages });
  const { sim } = net;
  await sim.resolve(net.connect(SIZE - 1, 4));
  await sim.run(SECOND);
  await sim.resolve(net.sendAll(upTo(SIZE), 0, messages));
  await sim.run(SECOND);
  const tallies = upTo(SIZE).map((i) => net.tally(i, 0, messages, (message) => message % SIZE === i));
  expect(tallies).toEqual(upTo(SIZE).map(() => [0, messages, 0]));
  // Each message went round the circle that the link makes, and met itself somewhere.
  expect(await duplicates(net)).toBeGreaterThanOrEqual(messages);
}

/** Packets that all members together took for known. */
export async function duplicates(net: BroadcastNetwork): Promise<number> {
  const reports = net.members.map(({ node, ipcp }) => node.irm.ipcpReport(ipcp, 'counters'));
  const counters = (await net.sim.resolve(Promise.all(reports))) as JsonObject[];
  return counters.reduce((sum, one) => sum + Number(one['duplicatePackets']), 0);
}
