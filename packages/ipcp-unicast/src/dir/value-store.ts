import { fromSeconds, toHex, type Address, type Micros } from '@ouroboros/model';

interface StoredValue {
  /** Wall clock, seconds since 1970. */
  expiresS: number;
  refreshed: Micros;
  /** Stored by a peer of ours, which refreshes it every REPUBLISH_INTERVAL. */
  readonly ours: boolean;
}

/** Values of one key; a hostile member could fill more. */
const MAX_VALUES = 64;
const MAX_KEYS = 16_384;
/** A value that a peer of ours has not refreshed for so long has lost its owner; six times the refresh interval. */
export const UNREFRESHED_LIMIT = fromSeconds(120);

/**
 * What other members stored here: key → addresses. Values of C members live until their absolute expiry; those of peers
 * of ours as long as they are refreshed, so that no common clock is needed.
 */
export class ValueStore {
  private readonly keys = new Map<string, Map<Address, StoredValue>>();

  get size(): number {
    return this.keys.size;
  }

  /** Adds or extends; never shortens. Answers false when the store is full or the value has expired. */
  put(key: Uint8Array, value: Address, expiresS: number, ours: boolean, now: Micros, wallS: number): boolean {
    if (!ours && expiresS < wallS) return false;
    const name = toHex(key);
    const values = this.keys.get(name) ?? new Map<Address, StoredValue>();
    const known = values.get(value);
    if (!known && (values.size >= MAX_VALUES || (values.size === 0 && this.keys.size >= MAX_KEYS))) return false;
    values.set(value, { expiresS: Math.max(expiresS, known?.expiresS ?? 0), refreshed: now, ours });
    this.keys.set(name, values);
    return true;
  }

  get(key: Uint8Array): Address[] {
    return [...(this.keys.get(toHex(key))?.keys() ?? [])];
  }

  remove(key: Uint8Array, value: Address): void {
    this.removeFrom(toHex(key), value);
  }

  /**
   * Drops what a peer of ours stored that is out of reach, where others serve the same name. The last place of a name stays, so
   * that an allocation can tell that there is no way to it, and not that the name is unknown.
   */
  removeOwner(owner: Address, reachable: ReadonlySet<Address>): void {
    for (const [name, values] of this.keys) {
      const served = [...values.keys()].some((other) => reachable.has(other));
      if (served && values.get(owner)?.ours) this.removeFrom(name, owner);
    }
  }

  /** Drops what has expired, or has lost its owner. */
  expire(now: Micros, wallS: number): void {
    for (const [name, values] of this.keys) {
      for (const [address, value] of values) {
        const dead = value.ours ? now - value.refreshed > UNREFRESHED_LIMIT : value.expiresS < wallS;
        if (dead) this.removeFrom(name, address);
      }
    }
  }

  /** For reports and replication: key in hex, address, expiry, and whether its owner refreshes it. */
  *entries(): IterableIterator<{ key: string; address: Address; expiresS: number; ours: boolean }> {
    for (const [key, values] of this.keys) {
      for (const [address, { expiresS, ours }] of values) yield { key, address, expiresS, ours };
    }
  }

  private removeFrom(name: string, value: Address): void {
    const values = this.keys.get(name);
    if (values?.delete(value) && values.size === 0) this.keys.delete(name);
  }
}
