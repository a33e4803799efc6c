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

/** The second half of the 200 seeds, so that two cores share them. */
describe('ten nodes after 20 % loss, reordering and partitions, continued', () => {
  it.each([101, 126, 151, 176])(
    'route as Dijkstra within 2 s and find all names within 30 s: 25 seeds from %i',
    (from) => runSeeds(runner(true), TEN, from, 25),
    300_000,
  );
});

describe('ten members that behave as C after 20 % loss, reordering and partitions', () => {
  it(
    'route as Dijkstra within 80 s and find all names within 30 s more: 20 seeds',
    () => runSeeds(runner(false), TEN_AS_C, 1, 20),
    300_000,
  );
});
