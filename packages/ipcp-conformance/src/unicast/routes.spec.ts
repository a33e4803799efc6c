import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastTypeWith } from '@ouroboros/ipcp-unicast';
import { Simulation, simType } from '@ouroboros/simnet';
import { runSeeds, type SeedRunner } from './seeds.js';
import { TEN, TEN_AS_C } from './stories.js';

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

/** The first of 200 seeds; routes.long.spec.ts has the others. */
describe('ten nodes after 20 % loss, reordering and partitions', () => {
  it.each([1, 26])(
    'route as Dijkstra within 2 s and find all names within 30 s: 25 seeds from %i',
    (from) => runSeeds(runner(true), TEN, from, 25),
    300_000,
  );
});

describe('ten members that behave as C after 20 % loss, reordering and partitions', () => {
  it(
    'route as Dijkstra within 80 s and find all names within 30 s more: 5 seeds',
    () => runSeeds(runner(false), TEN_AS_C, 1, 5),
    300_000,
  );
});
