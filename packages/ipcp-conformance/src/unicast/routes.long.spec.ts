import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastTypeWith } from '@ouroboros/ipcp-unicast';
import { Simulation, simType } from '@ouroboros/simnet';
import { runSeeds, type SeedRunner } from './seeds.js';
import { HUNDRED, TEN, TEN_AS_C, TEN_LONG_CUTS } from './stories.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const udp = simType(udp4Type({} as DynamicDns));
const runner = (extensions: boolean): SeedRunner => ({
  simulation: (seed, logLevel) => {
    const types = [udp, simType(unicastTypeWith({ extensions }))];
    return new Simulation({ seed, settle, hash: new NodeHash(), types, logLevel });
  },
  only: process.env['SIM_SEED'],
  print: (text) => process.stdout.write(text),
});

describe('ten nodes after 20 % loss, reordering and partitions, continued', () => {
  it.each([51, 101, 151])(
    'route as Dijkstra within 2 s and find all names within 30 s: 50 seeds from %i',
    (from) => runSeeds(runner(true), TEN, from, 50),
    600_000,
  );
});

describe('a hundred nodes after 20 % loss, reordering and partitions', () => {
  it.each([1, 2])(
    'route as Dijkstra within 2 s, find names within 30 s, each in at most 7 request rounds: seed %i',
    (seed) => runSeeds(runner(true), HUNDRED, seed, 1),
    600_000,
  );
});

describe('ten nodes after cuts that outlast the peer time-out', () => {
  it(
    'route as Dijkstra within 2 s and find all names within 30 s: 20 seeds',
    () => runSeeds(runner(true), TEN_LONG_CUTS, 1, 20),
    600_000,
  );
});

describe('ten members that behave as C after 20 % loss, reordering and partitions', () => {
  it.each([6])(
    'route as Dijkstra within 80 s and find all names within 30 s more: 45 seeds from %i',
    (from) => runSeeds(runner(false), TEN_AS_C, from, 45),
    600_000,
  );
});
