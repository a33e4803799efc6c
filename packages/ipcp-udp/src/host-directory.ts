import type { HostMap } from '@ouroboros/ipcp-kit';
import { fromMs, toHex, type IpFamily, type JsonValue, type Micros, utf8Bytes } from '@ouroboros/model';
import type { Clock, Hash } from '@ouroboros/ports';
import { BoundedMap } from '@ouroboros/shim-flow';

/** Longest time that a query waits for a resolver; an answer that comes later serves the next query. */
const LOOKUP_LIMIT_MS = 400;
/** How long what a resolver said is believed: short, as hosts move. */
const FOUND_MS = 5_000;
const NOT_FOUND_MS = 1_000;
const CACHED = 1_024;
/** Look-ups under way at once; further ones fail at once. */
const MAX_UNDER_WAY = 64;

export interface HostDirectoryPorts {
  readonly clock: Clock;
  readonly hash: Hash;
  /** Address of a DNS name of the host map. */
  resolve(host: string): Promise<string | undefined>;
  /** Address of a name that the host map does not have, under the 32 hex digits of its MD5. */
  resolveHashed(hex: string): Promise<string | undefined>;
}

interface Cached {
  readonly address: string | undefined;
  readonly until: Micros;
}

interface Known {
  readonly name: string;
  readonly hosts: readonly string[];
}

/**
 * Hash of a name → addresses of its hosts: from the static map, else by the convention of C, which asks the host's
 * resolver for the MD5 in hexadecimal digits. [spec/wire-shims.md §5.1]
 */
export class HostDirectory {
  private readonly known = new Map<string, Known>();
  private readonly cache = new BoundedMap<string, Cached>(CACHED);
  private readonly underWay = new Map<string, Promise<string | undefined>>();

  constructor(
    private readonly ports: HostDirectoryPorts,
    private readonly family: IpFamily,
    hosts: HostMap,
  ) {
    for (const [name, addresses] of hosts) {
      this.known.set(toHex(ports.hash.digest('MD5', utf8Bytes(name))), { name, hosts: addresses });
    }
  }

  /** All addresses, in the order of the map; empty when there are none, or none was found in time. */
  async lookup(hash: Uint8Array): Promise<readonly string[]> {
    const hex = toHex(hash);
    const known = this.known.get(hex);
    const found = known
      ? await Promise.all(known.hosts.map((host) => this.addressOf(host)))
      : [await this.find(hex, () => this.ports.resolveHashed(hex))];
    return [...new Set(found.filter((address) => address !== undefined))];
  }

  report(): JsonValue {
    return [...this.known].map(([hash, { name, hosts }]) => ({
      name,
      hash,
      hosts: hosts.map((host) => ({ host, address: this.family.host(host) ?? this.cache.get(host)?.address ?? null })),
    }));
  }

  private addressOf(host: string): Promise<string | undefined> {
    return this.family.host(host) === host ? Promise.resolve(host) : this.find(host, () => this.ports.resolve(host));
  }

  private async find(key: string, ask: () => Promise<string | undefined>): Promise<string | undefined> {
    const cached = this.cache.get(key);
    if (cached && cached.until > this.ports.clock.now()) return cached.address;
    const lookup = this.underWay.get(key) ?? this.begin(key, ask);
    return lookup && within(this.ports.clock, LOOKUP_LIMIT_MS, lookup);
  }

  private begin(key: string, ask: () => Promise<string | undefined>): Promise<string | undefined> | undefined {
    if (this.underWay.size >= MAX_UNDER_WAY) return undefined;
    const lookup = ask()
      .catch(() => undefined)
      .then((answer) => {
        const address = answer === undefined ? undefined : this.family.host(answer);
        const validMs = address === undefined ? NOT_FOUND_MS : FOUND_MS;
        this.underWay.delete(key);
        this.cache.set(key, { address, until: (this.ports.clock.now() + fromMs(validMs)) as Micros });
        return address;
      });
    this.underWay.set(key, lookup);
    return lookup;
  }
}

/** What the promise gives, or undefined when that takes longer. The promise must not reject. */
function within<T>(clock: Clock, limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.at((clock.now() + fromMs(limitMs)) as Micros, () => resolve(undefined));
    void promise.then((value) => {
      cancel();
      resolve(value);
    });
  });
}
