import { Host } from './host.js';
import { Namespaces, noNamespaces } from './namespaces.js';

/** Hosts in a line, named a, b, c, …: each has a link to the next. Nothing of them outlives this process. */
export interface Hosts {
  readonly kind: 'namespaces' | 'loopback';
  readonly hosts: readonly Host[];
  /** Ends what runs on them, and removes them. */
  stop(): Promise<void>;
}

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;

/** `count` hosts, five at most: network namespaces, or loopback addresses where the machine allows none. */
export async function createHosts(count: number): Promise<Hosts> {
  const names = NAMES.slice(0, count);
  return (await noNamespaces()) === null ? Namespaces.create(names) : loopback(names);
}

function loopback(names: readonly string[]): Hosts {
  const hosts = names.map((name, i) => new Host(name, `127.0.0.${i + 1}`));
  const stop = async (): Promise<void> => void (await Promise.all(hosts.map((host) => host.stop())));
  return { kind: 'loopback', hosts, stop };
}
