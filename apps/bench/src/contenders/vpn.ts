import { existsSync } from 'node:fs';
import { notInstalled } from '@ouroboros/demo';
import { noNamespaces, type Host } from '../hosts/index.js';
import type { Contender } from './contender.js';
import { Daemons } from './daemons.js';
import { IP_TOOLS, IpPath } from './ip-path.js';
import { succeeds } from './readiness.js';

/**
 * What the daemons' own headers leave of a link's 1,500 bytes, with WireGuard and with Nebula (60 bytes of IPv4, UDP, counter and tag). Their defaults, 1,420
 * and 1,300, would cut a datagram of 1,400 bytes in two.
 */
export const INNER_MTU = 1440;
/** Yggdrasil takes some seconds until both ends agree on where they are. */
const CONNECT_LIMIT_MS = 20_000;

/** Configures and starts a daemon on each host; answers the address of the second one inside. */
type Connect = (a: Host, b: Host, daemons: Daemons) => Promise<string>;

/** A VPN between two hosts, measured from end to end with the tools of IP. */
export function vpn(title: string, programs: readonly string[], connect: Connect): Contender {
  return {
    title,
    encrypted: true,
    missing: async () => notInstalled(...programs, ...IP_TOOLS) ?? (await noNamespaces()) ?? noTun(),
    start: async ({ hosts: [a, b] }, folder) => {
      const daemons = new Daemons(folder);
      try {
        const address = await connect(a!, b!, daemons);
        const ping = ['ping', '-c', '1', '-W', '1', address];
        await succeeds(
          () => a!.run(ping),
          CONNECT_LIMIT_MS,
          () => daemons.running,
        );
        return await IpPath.open(a!, b!, address, daemons);
      } catch (error) {
        const logs = daemons.logs();
        await daemons.stop();
        throw new Error(`${title}: ${(error as Error).message}\n${logs}`.trim(), { cause: error });
      }
    },
  };
}

const noTun = (): string | null => (existsSync('/dev/net/tun') ? null : 'there is no /dev/net/tun');
