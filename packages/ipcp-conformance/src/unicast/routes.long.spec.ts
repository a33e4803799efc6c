import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastTypeWith } from '@ouroboros/ipcp-unicast';
import { Simulation, simType } from '@ouroboros/simnet';
import { runSeed, seedsFrom, type SeedRunner } from './seeds.js';
import { HUNDRED, TEN, TEN_AS_C, TEN_LONG_CUTS, TEN_WITH_LFA } from './stories.js';

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

describe('ten nodes after 20 % loss, reordering and partitions, continued', () => {
  it.each(seedsFrom(5, 196, ONLY))('route as Dijkstra within 2 s and find all names within 30 s: seed %i', (seed) =>
    runSeed(runner(true), TEN, seed),
  );
});

describe('a hundred nodes after 20 % loss, reordering and partitions', () => {
  it.each(seedsFrom(1, 2, ONLY))(
    'route as Dijkstra within 2 s, find names within 30 s, each in at most 7 request rounds: seed %i',
    (seed) => runSeed(runner(true), HUNDRED, seed),
  );
});

describe('ten nodes with routing lfa after 20 % loss, reordering and partitions', () => {
  it.each(seedsFrom(1, 10, ONLY))('route as Dijkstra within 2 s and find all names within 30 s: seed %i', (seed) =>
    runSeed(runner(true), TEN_WITH_LFA, seed),
  );
});

describe('ten nodes after cuts that outlast the peer time-out', () => {
  it.each(seedsFrom(1, 20, ONLY))('route as Dijkstra within 2 s and find all names within 30 s: seed %i', (seed) =>
    runSeed(runner(true), TEN_LONG_CUTS, seed),
  );
});

describe('ten members that behave as C after 20 % loss, reordering and partitions', () => {
  it.each(seedsFrom(2, 49, ONLY))(
    'route as Dijkstra within 80 s and find all names within 30 s more: seed %i',
    (seed) => runSeed(runner(false), TEN_AS_C, seed),
  );
});
