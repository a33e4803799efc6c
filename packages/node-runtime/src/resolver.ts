import { lookup } from 'node:dns/promises';
import { isIPv4, isIPv6 } from 'node:net';
import type { HostResolver } from '@ouroboros/ports';

/** The resolver of the system (hosts file, DNS, whatever nsswitch says). IPv4 literals pass through. */
export class SystemResolver implements HostResolver {
  async resolve4(hostName: string): Promise<string | undefined> {
    if (isIPv4(hostName)) return hostName;
    if (hostName === '' || isIPv6(hostName)) return undefined;
    try {
      return (await lookup(hostName, { family: 4 })).address;
    } catch {
      return undefined; // An unknown name and an unreachable DNS server are the same to the caller: no address now.
    }
  }
}
