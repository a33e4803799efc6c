import { UDP_PORT } from '@ouroboros/wire';
import {
  configSchema,
  hostAddress,
  hostMap,
  integer,
  optionalHostAddress,
  type ConfigParser,
  type HostMap,
} from '@ouroboros/ipcp-kit';
import type { UdpFamily } from './udp-family.js';

/** Configuration of a UDP layer's member. Addresses are of the layer's family. */
export interface UdpConfig {
  /** Own address; packets come from it, and peers must have been told it. */
  readonly ip: string;
  /** One port for all members of the layer. */
  readonly port: number;
  /** Name server for dynamic DNS, or null: the system's resolver. */
  readonly dns: string | null;
  /** Names that are found without any resolver. */
  readonly hosts: HostMap;
}

export const udpConfig = ({ addresses }: UdpFamily): ConfigParser<UdpConfig> =>
  configSchema({
    ip: hostAddress(addresses),
    port: integer({ min: 1, max: 65_535, default: UDP_PORT }),
    dns: optionalHostAddress(addresses),
    hosts: hostMap(addresses),
  });
