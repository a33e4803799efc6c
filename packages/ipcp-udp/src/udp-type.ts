import { FLOW_OPERATIONS, type IpcpType } from '@ouroboros/ipcp-kit';
import { SHIM_TRAFFIC } from '@ouroboros/shim-flow';
import type { DynamicDns } from './dynamic-dns.js';
import { udpConfig, type UdpConfig } from './udp-config.js';
import { UDP_COUNTERS } from './udp-counters.js';
import { UDP4, UDP6, type UdpFamily } from './udp-family.js';
import { UdpIpcp } from './udp-ipcp.js';

/** The types `udp4` and `udp6`. `dns` serves configurations with the key `dns`. */
export const udp4Type = (dns: DynamicDns): IpcpType<UdpConfig> => udpType(UDP4, dns);
export const udp6Type = (dns: DynamicDns): IpcpType<UdpConfig> => udpType(UDP6, dns);

const udpType = (family: UdpFamily, dns: DynamicDns): IpcpType<UdpConfig> => ({
  name: family.type,
  rank: family.rank,
  onNetwork: true,
  operations: FLOW_OPERATIONS,
  counters: UDP_COUNTERS,
  traffic: SHIM_TRAFFIC,
  usesLowerFlows: false,
  config: udpConfig(family),
  create: (environment) => new UdpIpcp(environment, family, dns),
});
