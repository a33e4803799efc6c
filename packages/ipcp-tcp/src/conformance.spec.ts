import { NodeHash } from '@ouroboros/crypto';
import { conformanceSuite, VirtualWorld, type LayerPlan } from '@ouroboros/ipcp-conformance';
import type { IpcpEnvironment } from '@ouroboros/ipcp-kit';
import { Simulation, simType } from '@ouroboros/simnet';
import { tcpType, type StreamNetwork } from './index.js';
import { MemoryStreams } from './testing/memory-streams.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** For a member that dials before the other one listens. */
const LINKED_WITHIN_MS = 2_000;

function inVirtualTime(plan: LayerPlan): () => Promise<VirtualWorld> {
  return async () => {
    let streams: MemoryStreams | undefined;
    const networkFor = ({ clock }: IpcpEnvironment): StreamNetwork =>
      (streams ??= new MemoryStreams(sim.clock)).host(clock);
    const types = [simType(tcpType(networkFor))];
    const sim: Simulation = new Simulation({ seed: 1, settle, hash: new NodeHash(), types, directFlows: false });
    const world = await VirtualWorld.make(sim, plan);
    await sim.run(LINKED_WITHIN_MS);
    return world;
  };
}

const HUB = { listen: '10.0.0.1:3435' };
const SPOKE = { connect: '10.0.0.1:3435' };
const plan = (...configs: readonly [typeof HUB | typeof SPOKE, typeof HUB | typeof SPOKE]): LayerPlan =>
  configs.map((config) => [{ name: 'e', type: 'tcp', layer: 'under-test', config }]);

const runner = { describe, it, beforeAll, afterAll };
conformanceSuite('tcp to a member that dialed', inVirtualTime(plan(HUB, SPOKE)), runner, { alone: true });
conformanceSuite('tcp to a member that listens', inVirtualTime(plan(SPOKE, HUB)), runner, { alone: true });
