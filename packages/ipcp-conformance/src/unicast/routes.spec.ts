import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastTypeWith } from '@ouroboros/ipcp-unicast';
import { Simulation, simType } from '@ouroboros/simnet';
import { runSeed, seedsFrom, type SeedRunner } from './seeds.js';
import { TEN, TEN_AS_C } from './stories.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const udp = simType(udp4Type({} as DynamicDns));
const ONLY = process.env['SIM_SEED'];
const runner = (extensions: boolean): SeedRunner => ({
  simulation: (seed, logLevel) => {
    const types = [udp, simType(unicastTypeWith({ extensions }))];
    return new Simulation({ seed, settle, hash: new NodeHash(), types, logLevel });
  },
  alone: ONLY !== undefined,
  print: (text) => process.stdout.write(text),
});

/** The time that a seed takes on a busy machine, with room to spare. */
const LIMIT_MS = 120_000;

/** The first of 200 seeds; routes.long.spec.ts has the others. */
describe('ten nodes after 20 % loss, reordering and partitions', () => {
  it.each(seedsFrom(1, 4, ONLY))(
    'route as Dijkstra within 2 s and find all names within 30 s: seed %i',
    (seed) => runSeed(runner(true), TEN, seed),
    LIMIT_MS,
  );
});

describe('ten members that behave as C after 20 % loss, reordering and partitions', () => {
  it.each(seedsFrom(1, 1, ONLY))(
    'route as Dijkstra within 80 s and find all names within 30 s more: seed %i',
    (seed) => runSeed(runner(false), TEN_AS_C, seed),
    LIMIT_MS,
  );
});
