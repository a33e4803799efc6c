import { NodeHash } from '@ouroboros/crypto';
import { broadcastType } from '@ouroboros/ipcp-broadcast';
import { ethDixType, ethLlcType } from '@ouroboros/ipcp-eth';
import { localType } from '@ouroboros/ipcp-local';
import { lossyType } from '../../../examples/ipcp-lossy/src/index.js';
import { udp4Type, udp6Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import { Simulation, simType } from '@ouroboros/simnet';
import {
  broadcastPlan,
  conformanceCases,
  conformanceSuite,
  ethPlan,
  localPlan,
  udpPlan,
  unicastPlan,
  VirtualWorld,
  type ConformanceOptions,
  type LayerPlan,
} from './index.js';

const udp = udp4Type({} as DynamicDns);
const types = [
  simType(localType),
  simType(ethDixType),
  simType(ethLlcType),
  simType(udp),
  simType(udp6Type({} as DynamicDns)),
  simType(unicastType),
  simType(broadcastType),
  simType(lossyType(udp)),
];
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const simulation = (seed: number): Simulation =>
  new Simulation({ seed, settle, hash: new NodeHash(), types, directFlows: false, logLevel: 'trace' });

const inVirtualTime = (plan: LayerPlan) => (): Promise<VirtualWorld> => VirtualWorld.make(simulation(1), plan);

const addresses = ['10.0.0.1', '10.0.0.2'] as const;
const plans: Record<string, LayerPlan> = {
  local: localPlan(),
  udp4: udpPlan('udp4', addresses),
  udp6: udpPlan('udp6', ['fd00::1', 'fd00::2']),
  'eth-dix': ethPlan('eth-dix', ['eth0', 'eth0']),
  'eth-llc': ethPlan('eth-llc', ['eth0', 'eth0']),
  'lossy without troubles': udpPlan('lossy', addresses),
  'unicast over udp4': unicastPlan(addresses),
  'broadcast over udp4': broadcastPlan(addresses),
};
const optionsOf = (plan: LayerPlan): ConformanceOptions => ({
  noise: plan.length > 1,
  alone: !['unicast', 'broadcast'].includes(plan[0]!.at(-1)!.type),
  broadcast: plan[0]!.at(-1)!.type === 'broadcast',
});
const runner = { describe, it, beforeAll, afterAll };
for (const [name, plan] of Object.entries(plans)) {
  conformanceSuite(name, inVirtualTime(plan), runner, optionsOf(plan));
}

/** All that the log tells of a whole run of the suite. */
async function traceOf(plan: LayerPlan, seed: number): Promise<readonly string[]> {
  const sim = simulation(seed);
  const world = await VirtualWorld.make(sim, plan);
  for (const { run } of conformanceCases(optionsOf(plan))) await world.play(run(world));
  await world.close();
  return sim.log.lines();
}

it.each(Object.entries(plans))(
  'the same seed gives the same trace of %s, another seed another',
  async (_name, plan) => {
    const [first, second, other] = [await traceOf(plan, 1), await traceOf(plan, 1), await traceOf(plan, 2)];
    expect(first.length).toBeGreaterThan(100);
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  },
);
