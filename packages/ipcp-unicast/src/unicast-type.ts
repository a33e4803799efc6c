import { FLOW_OPERATIONS, MEMBER_OPERATIONS, type IpcpType } from '@ouroboros/ipcp-kit';
import { unicastConfig, type UnicastOptions } from './config.js';
import { COUNTER_NAMES } from './counters.js';
import { UnicastIpcp } from './unicast-ipcp.js';

/** The IPCP type `unicast`: layers on layers. */
export const unicastType: IpcpType<UnicastOptions> = {
  name: 'unicast',
  rank: 10,
  operations: [...FLOW_OPERATIONS, ...MEMBER_OPERATIONS],
  counters: COUNTER_NAMES,
  usesLowerFlows: true,
  config: unicastConfig,
  create: (environment) => new UnicastIpcp(environment),
};
