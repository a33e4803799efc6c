import { FLOW_OPERATIONS, MEMBER_OPERATIONS, type IpcpType } from '@ouroboros/ipcp-kit';
import { unicastConfig, type UnicastOptions } from './config.js';
import { COUNTER_NAMES } from './counters.js';
import { UnicastIpcp } from './unicast-ipcp.js';

export interface UnicastTypeOptions {
  /** False: speaks as a C member does, and hears nothing of ours. For tests; no user's choice. */
  readonly extensions: boolean;
}

export const unicastTypeWith = ({ extensions }: UnicastTypeOptions): IpcpType<UnicastOptions> => ({
  name: 'unicast',
  rank: 10,
  operations: [...FLOW_OPERATIONS, ...MEMBER_OPERATIONS],
  counters: COUNTER_NAMES,
  usesLowerFlows: true,
  config: unicastConfig,
  create: (environment) => new UnicastIpcp(environment, extensions),
});

/** The IPCP type `unicast`: layers on layers. */
export const unicastType = unicastTypeWith({ extensions: true });
