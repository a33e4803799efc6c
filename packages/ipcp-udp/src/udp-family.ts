import { IPV4, IPV6, type IpFamily } from '@ouroboros/model';
import type { DnsRecord } from './dynamic-dns.js';

/** What differs between UDP over IPv4 and over IPv6. */
export interface UdpFamily {
  /** The IPCP type. */
  readonly type: 'udp4' | 'udp6';
  /** Order in which layers are asked for a name. */
  readonly rank: number;
  readonly addresses: IpFamily;
  /** Longest datagram that every receiver has room for. [spec/wire-shims.md §2.5] */
  readonly maxDatagram: number;
  /** Record of dynamic DNS. C publishes an A record for IPv6 too. [spec/wire-shims.md Quirk 11] */
  readonly dnsRecord: DnsRecord;
}

export const UDP4: UdpFamily = { type: 'udp4', rank: 40, addresses: IPV4, maxDatagram: 8_980, dnsRecord: 'A' };
export const UDP6: UdpFamily = { type: 'udp6', rank: 50, addresses: IPV6, maxDatagram: 8_952, dnsRecord: 'AAAA' };
