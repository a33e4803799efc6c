import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Hosts } from './hosts.js';

/** The network namespaces of hosts, which are there as long as a process is in them. */
export async function namespacesOf({ hosts }: Hosts): Promise<string[]> {
  return Promise.all(hosts.map(async (host) => (await host.run(['readlink', '/proc/self/ns/net'])).trim()));
}

/** Commands of the processes in some network namespaces, whoever started them. */
export function processesIn(namespaces: readonly string[]): string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.flatMap((pid) => {
    try {
      if (!namespaces.includes(readlinkSync(`/proc/${pid}/ns/net`))) return [];
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
    } catch {
      // It is over.
      return [];
    }
  });
}
