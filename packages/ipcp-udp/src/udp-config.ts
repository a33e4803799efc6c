import { UDP_PORT } from '@ouroboros/wire';
import { configSchema, hostMap, integer, ipv4, optionalIpv4, type HostMap } from '@ouroboros/ipcp-kit';

/** Configuration of a UDP layer's member. */
export interface Udp4Config {
  /** Own address; packets come from it, and peers must have been told it. */
  readonly ip: string;
  /** One port for all members of the layer. */
  readonly port: number;
  /** Name server for dynamic DNS, or null: the system's resolver. */
  readonly dns: string | null;
  /** Names that are found without any resolver. */
  readonly hosts: HostMap;
}

export const udp4Config = configSchema({
  ip: ipv4(),
  port: integer({ min: 1, max: 65_535, default: UDP_PORT }),
  dns: optionalIpv4(),
  hosts: hostMap(),
});
