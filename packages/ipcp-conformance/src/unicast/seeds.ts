import { toOuroborosError, type JsonObject } from '@ouroboros/model';
import type { LogLevel } from '@ouroboros/ports';
import type { SimApp, Simulation } from '@ouroboros/simnet';
import { troubles, type TroubleOptions } from './troubles.js';
import { UnicastNetwork, type NetworkOptions } from './unicast-network.js';

/** What every seed must go through. */
export interface SeedStory {
  readonly network: NetworkOptions;
  readonly troubles: TroubleOptions;
  /** After the end of the troubles: so long until all routes are right, and until all names resolve. */
  readonly routesWithinMs: number;
  readonly namesWithinMs: number;
  /** Each node asks for so many names, by chance; absent = for all. */
  readonly namesPerNode?: number;
}

/** What a spec hands in. */
export interface SeedRunner {
  simulation(seed: number, logLevel: LogLevel): Simulation;
  /** One seed alone is run, with its log. */
  readonly alone: boolean;
  print(text: string): void;
}

/** What went wrong; empty = nothing. */
type Faults = readonly string[];

const PING = Uint8Array.of(1, 2, 3, 4);
const ALLOC_LIMIT_MS = 6_000;
const PING_LIMIT_MS = 1_000;
const MAX_FAULTS_SHOWN = 20;
/** With up to so many members (k = 8) each may well hold all values itself, and asks nobody. */
const ALL_STORED_HERE = 16;

/** Seeds from `from`, one test each; with `$SIM_SEED` that one alone. */
export const seedsFrom = (from: number, count: number, only: string | undefined): readonly number[] =>
  only === undefined ? Array.from({ length: count }, (_, i) => from + i) : [Number(only)];

/** Runs one seed; rejects when it fails, with what went wrong and how to repeat it. */
export async function runSeed(runner: SeedRunner, story: SeedStory, seed: number): Promise<void> {
  const { alone } = runner;
  const sim = runner.simulation(seed, alone ? 'debug' : 'error');
  const faults = await faultsOf(sim, story);
  if (alone) runner.print(`${sim.log.lines().join('\n')}\n`);
  if (faults.length === 0) return;
  const shown = faults.slice(0, MAX_FAULTS_SHOWN).join('\n');
  throw new Error(`seed ${seed} fails; repeat it alone and with its log by SIM_SEED=${seed} npx jest <file>\n${shown}`);
}

/** Builds the network, lets the troubles come, and looks whether everything is right afterwards in time. */
async function faultsOf(sim: Simulation, story: SeedStory): Promise<Faults> {
  const net = new UnicastNetwork(sim, story.network);
  await sim.resolve(net.build(), 600_000);
  await sim.resolve(troubles(net, story.troubles), story.troubles.forMs + 60_000);
  const end = sim.nowMs;
  const routesAfter = await sim.until(async () => (await net.wrongRoutes()).length === 0, story.routesWithinMs);
  if (routesAfter === undefined) return sim.resolve(net.wrongRoutes());
  sim.log.add('spec', `routes are right after ${routesAfter} ms`);
  const faults = await unresolved(net, story, story.namesWithinMs - (sim.nowMs - end));
  return faults.length > 0 ? faults : sim.resolve(longLookups(net));
}

/** Names that cannot be reached from some node within the limit. */
async function unresolved(net: UnicastNetwork, { namesPerNode }: SeedStory, limitMs: number): Promise<Faults> {
  const { sim } = net;
  let open = net.members.flatMap(({ node }, i) => {
    const client = node.app();
    const names = net.namesFor(i);
    const asked = namesPerNode === undefined ? names : sim.random.sample(names, namesPerNode);
    return asked.map((name) => ({ client, from: node.name, name }));
  });
  let faults: string[] = [];
  const all = async (): Promise<boolean> => {
    const results = await Promise.all(open.map(async (one) => ({ one, fault: await pingFault(one.client, one.name) })));
    const failed = results.filter(({ fault }) => fault !== undefined);
    open = failed.map(({ one }) => one);
    faults = failed.map(({ one, fault }) => `${one.from} → ${one.name}: ${fault}`);
    for (const fault of faults) sim.log.add('spec', fault);
    return open.length === 0;
  };
  return (await sim.until(all, limitMs, 500)) === undefined ? faults : [];
}

async function pingFault(client: SimApp, name: string): Promise<string | undefined> {
  try {
    const flow = await client.alloc(name, { timeoutMs: ALLOC_LIMIT_MS });
    await flow.write(PING);
    await flow.read({ timeoutMs: PING_LIMIT_MS });
    await flow.dealloc();
    return undefined;
  } catch (thrown) {
    const { code, message } = toOuroborosError(thrown);
    return `${code} ${message}`;
  }
}

/** Nodes with a lookup that took more request rounds, one after the other, than ⌈log2 of the number of members⌉. */
async function longLookups(net: UnicastNetwork): Promise<Faults> {
  const limit = Math.ceil(Math.log2(net.members.length));
  const most = await Promise.all(
    net.members.map(async ({ node, unicast }) => {
      const { directory } = (await node.irm.ipcpReport(unicast, 'status')) as { directory: JsonObject };
      return { unicast, rounds: Number(directory['mostRounds']) };
    }),
  );
  const looked = most.some(({ rounds }) => rounds > 0);
  if (!looked && net.members.length > ALL_STORED_HERE) return ['nobody looked anything up'];
  return most
    .filter(({ rounds }) => !(rounds <= limit))
    .map(({ unicast, rounds }) => `${unicast}: a lookup took ${rounds} rounds, not ${limit}`);
}
