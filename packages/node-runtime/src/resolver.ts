import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { HostResolver } from '@ouroboros/ports';

/**
 * A look-up holds a thread, and a process cannot end before its threads do: so the C library asks a name server twice for one
 * second, not for five each, unless the environment says otherwise.
 */
process.env['RES_OPTIONS'] ??= 'timeout:1 attempts:2';

/** The resolver of the system (hosts file, DNS, whatever nsswitch says). Literals of the family pass through. */
export class SystemResolver implements HostResolver {
  async resolve(hostName: string, family: 4 | 6): Promise<string | undefined> {
    const literal = isIP(hostName);
    if (literal === family) return hostName;
    if (hostName === '' || literal !== 0) return undefined;
    try {
      return (await lookup(hostName, { family })).address;
    } catch {
      return undefined; // An unknown name and an unreachable DNS server are the same to the caller: no address now.
    }
  }
}
