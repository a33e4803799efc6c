import { QOS_RAW, type Component, type JsonObject } from '@ouroboros/model';
import type { Management } from '@ouroboros/ports';

/** One IPCP of a host. */
export interface IpcpPlan {
  readonly name: string;
  readonly type: string;
  readonly layer: string;
  readonly config: JsonObject;
  /** Name of a member to enroll and connect with; without it the IPCP is bootstrapped. */
  readonly through?: string;
  /** IPCP of this host in whose layer this one is to be found by its name. */
  readonly registeredIn?: string;
  /** Flows at once that its type has room for, beside a few that other cases of the suite hold; without it: any number. */
  readonly roomForFlows?: number;
}

/** IPCPs of each host, those below first; the last of each is a member of the layer under test. One host or two. */
export type LayerPlan = readonly (readonly IpcpPlan[])[];

/** A broadcast IPCP has no Management. */
const componentsOf = (type: string): readonly Component[] =>
  type === 'broadcast' ? ['Data Transfer'] : ['Management', 'Data Transfer'];

/** Makes the IPCPs of one host; hosts come in order. */
export async function setUp(irm: Management, plans: readonly IpcpPlan[]): Promise<void> {
  for (const plan of plans) await setUpOne(irm, plan);
}

async function setUpOne(irm: Management, plan: IpcpPlan): Promise<void> {
  const { name, type, layer, config, through: dst, registeredIn } = plan;
  const autobind = registeredIn !== undefined;
  await irm.ipcpCreate({ name, type, restart: 'on-failure' });
  if (dst === undefined) await irm.ipcpBootstrap({ name, layer, config, autobind });
  else await irm.ipcpEnroll({ name, dst, layer, config: {}, autobind });
  if (registeredIn !== undefined) await irm.nameRegister(name, registeredIn);
  if (dst === undefined) return;
  for (const component of componentsOf(type)) await irm.ipcpConnect({ name, dst, component, qos: QOS_RAW });
}
