import type { SeededRandom } from '@ouroboros/simnet';
import type { UnicastNetwork } from './unicast-network.js';

export interface TroubleOptions {
  readonly forMs: number;
  /** How long a partition lasts at most. */
  readonly longestCutMs: number;
  /** One cable stays cut afterwards. */
  readonly lastingCut: boolean;
}

/** Between two troubles, at most. */
const PAUSE_MS = 1_500;

/**
 * Loss of 20 %, duplicates and reordering on all links, partitions of groups, cut cables, ended connections and new names, for a
 * while. When it resolves all links are good again but one that stays cut.
 */
export async function troubles(net: UnicastNetwork, options: TroubleOptions): Promise<void> {
  const { sim } = net;
  const random = sim.random.fork();
  const until = sim.nowMs + options.forMs;
  sim.links.setAll({ loss: 0.2, duplicate: 0.05, delayMs: 1, jitterMs: 30 });
  void registerMore(net, random);
  while (sim.nowMs < until) {
    await sim.sleep(random.fraction() * PAUSE_MS);
    void trouble(net, random, options.longestCutMs);
  }
  sim.links.healAll();
  if (options.lastingCut) cutOne(net, random);
}

async function trouble(net: UnicastNetwork, random: SeededRandom, longestCutMs: number): Promise<void> {
  const { sim } = net;
  const lastsMs = random.fraction() * longestCutMs;
  if (random.fraction() < 0.15) return endOne(net, random);
  const [group, others] = random.fraction() < 0.5 ? twoGroups(net, random) : oneCable(net, random);
  sim.log.add('links', `cut between ${group.join(' ')} and ${others.join(' ')}`, { lastsMs });
  const heal = sim.links.partition(group, others);
  await sim.sleep(lastsMs);
  heal();
}

type Groups = readonly [string[], string[]];

function twoGroups(net: UnicastNetwork, random: SeededRandom): Groups {
  const groups: Groups = [[], []];
  for (const { ip } of net.members) groups[random.uint32() & 1]!.push(ip);
  return groups;
}

function oneCable(net: UnicastNetwork, random: SeededRandom): Groups {
  const [a, b] = net.links[random.uint32() % net.links.length]!;
  return [[net.members[a]!.ip], [net.members[b]!.ip]];
}

function cutOne(net: UnicastNetwork, random: SeededRandom): void {
  const [[a], [b]] = oneCable(net, random);
  net.sim.links.cut(a!, b!);
}

async function endOne(net: UnicastNetwork, random: SeededRandom): Promise<void> {
  if (net.links.length <= net.members.length) return;
  const [from, to] = net.links[random.uint32() % net.links.length]!;
  net.sim.log.add('links', `u${from} ends its connection to u${to}`);
  await net.disconnect(from, to);
}

/** Half of the nodes register a second name in the midst of it. */
async function registerMore(net: UnicastNetwork, random: SeededRandom): Promise<void> {
  for (let i = 0; i < net.members.length; i += 2) {
    await net.sim.sleep(random.fraction() * PAUSE_MS);
    await net.serve(i, `t${i}`);
  }
}
