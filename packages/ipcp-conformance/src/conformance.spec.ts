import { NodeHash } from '@ouroboros/crypto';
import { localType } from '@ouroboros/ipcp-local';
import { lossyType } from '../../../examples/ipcp-lossy/src/index.js';
import { udp4Type, udp6Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import { Simulation, simType } from '@ouroboros/simnet';
import { conformanceSuite, localPlan, udpPlan, unicastPlan, VirtualWorld, type LayerPlan } from './index.js';

const udp = udp4Type({} as DynamicDns);
const types = [
  simType(localType),
  simType(udp),
  simType(udp6Type({} as DynamicDns)),
  simType(unicastType),
  simType(lossyType(udp)),
];
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function inVirtualTime(plan: LayerPlan): () => Promise<VirtualWorld> {
  return () =>
    VirtualWorld.make(new Simulation({ seed: 1, settle, hash: new NodeHash(), types, directFlows: false }), plan);
}

const addresses = ['10.0.0.1', '10.0.0.2'] as const;
const runner = { describe, it, beforeAll, afterAll };
conformanceSuite('local', inVirtualTime(localPlan()), runner);
conformanceSuite('udp4', inVirtualTime(udpPlan('udp4', addresses)), runner);
conformanceSuite('udp6', inVirtualTime(udpPlan('udp6', ['fd00::1', 'fd00::2'])), runner);
conformanceSuite('lossy without troubles', inVirtualTime(udpPlan('lossy', addresses)), runner);
conformanceSuite('unicast over udp4', inVirtualTime(unicastPlan(addresses)), runner);
