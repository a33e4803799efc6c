import { FLOW_OPERATIONS, type IpcpType } from '@ouroboros/ipcp-kit';
import type { DynamicDns } from './dynamic-dns.js';
import { udp4Config, type Udp4Config } from './udp-config.js';
import { UDP_COUNTERS } from './udp-counters.js';
import { UdpIpcp } from './udp-ipcp.js';

/** The type `udp4`. `dns` serves configurations with the key `dns`. */
export const udp4Type = (dns: DynamicDns): IpcpType<Udp4Config> => ({
  name: 'udp4',
  rank: 40,
  onNetwork: true,
  operations: FLOW_OPERATIONS,
  counters: UDP_COUNTERS,
  usesLowerFlows: false,
  config: udp4Config,
  create: (environment) => new UdpIpcp(environment, dns),
});
