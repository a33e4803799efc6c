import { FLOW_OPERATIONS, MEMBER_OPERATIONS, type IpcpType } from '@ouroboros/ipcp-kit';
import { OWN_POLICIES, unicastConfigWith, type Policies, type UnicastOptions } from './config.js';
import { COUNTER_NAMES, TRAFFIC } from './counters.js';
import { UnicastIpcp } from './unicast-ipcp.js';

export interface UnicastTypeOptions {
  /** False: speaks as a C member does, and hears nothing of ours. For tests; no user's choice. */
  readonly extensions: boolean;
  /** Default: those that every program has. */
  readonly policies?: Policies;
}

export const unicastTypeWith = ({
  extensions,
  policies = OWN_POLICIES,
}: UnicastTypeOptions): IpcpType<UnicastOptions> => ({
  name: 'unicast',
  rank: 10,
  operations: [...FLOW_OPERATIONS, ...MEMBER_OPERATIONS],
  counters: COUNTER_NAMES,
  traffic: TRAFFIC,
  usesLowerFlows: true,
  config: unicastConfigWith(policies),
  create: (environment) => new UnicastIpcp(environment, extensions, policies),
});

/** The IPCP type `unicast`: layers on layers. */
export const unicastType = unicastTypeWith({ extensions: true });
