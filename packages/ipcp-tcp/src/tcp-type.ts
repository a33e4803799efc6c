import { FLOW_OPERATIONS, type IpcpEnvironment, type IpcpType } from '@ouroboros/ipcp-kit';
import { SHIM_TRAFFIC } from '@ouroboros/shim-flow';
import type { StreamNetwork } from './stream-network.js';
import { tcpConfig, type TcpConfig } from './tcp-config.js';
import { TCP_COUNTERS } from './tcp-counters.js';
import { TcpIpcp } from './tcp-ipcp.js';

/** The type `tcp`, on the streams that a network gives to the process of an IPCP. */
export const tcpType = (networkFor: (environment: IpcpEnvironment) => StreamNetwork): IpcpType<TcpConfig> => ({
  name: 'tcp',
  rank: 60,
  onNetwork: true,
  operations: FLOW_OPERATIONS,
  counters: TCP_COUNTERS,
  traffic: SHIM_TRAFFIC,
  usesLowerFlows: false,
  config: tcpConfig,
  create: (environment) => new TcpIpcp(environment, networkFor(environment)),
});
