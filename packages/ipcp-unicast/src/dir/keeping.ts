import type { Sink } from '@ouroboros/machine';
import { EMPTY_BYTES, NEVER, fromHex, fromSeconds, micros, type Address, type Micros } from '@ouroboros/model';
import { addressToBytes, type DhtOther, type DhtStore } from '@ouroboros/wire';
import type { ContactTable } from './contact-table.js';
import type { DhtConfig, DhtCounters, DhtOutput } from './contract.js';
import { DHT_WITHDRAW_CODE } from './peers-of-ours.js';
import type { Speaker } from './speaker.js';
import { ValueStore } from './value-store.js';
import type { Values, Via } from './values.js';

/** So long may an owner be out of reach; a cable that is plugged in again soon costs nobody a name. */
const ABSENCE_LIMIT = fromSeconds(5);

/** Keeps what others store at this member, and hands it on. */
export class Keeping {
  readonly store = new ValueStore();
  /** Members to which there is no way any more, in the order of their loss: until when their values are kept. */
  private readonly absent = new Map<Address, Micros>();

  constructor(
    private readonly config: DhtConfig,
    private readonly contacts: ContactTable,
    private readonly speaker: Speaker,
    private readonly counters: DhtCounters,
    private readonly values: Values,
  ) {}

  /** `ours`: the sender is a peer of ours, which refreshes what it stores. */
  onStore({ key, value, expiresS }: DhtStore, ours: boolean, via: Via, now: Micros): void {
    const address = this.values.stored(key, value, via, now);
    if (address === undefined || address === this.config.self) return;
    const kept = this.store.put(key, address, expiresS, ours, now, this.config.wallSeconds());
    if (kept) this.counters.stored += 1;
  }

  /** A code of ours: the owner of a value, and nobody else, takes it back. */
  onOther({ code, ext = EMPTY_BYTES, src }: DhtOther, via: Via, now: Micros): void {
    const keyLength = this.config.id.length;
    if (code !== DHT_WITHDRAW_CODE || ext.length <= keyLength) {
      this.counters.malformed += 1;
      return;
    }
    const [key, value] = [ext.subarray(0, keyLength), ext.subarray(keyLength)];
    const address = this.values.withdrawn(key, value, src.address as Address, via, now);
    if (address === undefined) return;
    this.store.remove(key, address);
    this.counters.withdrawn += 1;
  }

  /** Members that serve the key, as far as what they stored holds. */
  get(key: Uint8Array, now: Micros): Address[] {
    return this.store.get(key).filter((address) => this.values.holds(key, address, now));
  }

  get deadline(): Micros {
    return this.absent.values().next().value ?? NEVER;
  }

  /** Owners that come back publish their values again by themselves. */
  reachable(before: ReadonlySet<Address>, after: ReadonlySet<Address>, now: Micros): void {
    for (const owner of after) this.absent.delete(owner);
    for (const owner of before) if (!after.has(owner)) this.absent.set(owner, micros(now + ABSENCE_LIMIT));
  }

  /** Drops the values of those that have been away for too long; not of C members, which would not publish them again. */
  wake(now: Micros): void {
    for (const [owner, until] of this.absent) {
      if (until > now) continue;
      this.absent.delete(owner);
      this.store.removeOwner(owner, this.speaker.reachable);
    }
  }

  expire(now: Micros): void {
    this.store.expire(now, this.config.wallSeconds());
    this.values.expire(now);
  }

  /** Values of C members are stored again with their old expiry; peers of ours refresh theirs themselves. */
  replicate(out: Sink<DhtOutput>): void {
    for (const { key, address, expiresS, ours } of this.store.entries()) {
      if (ours) continue;
      const bytes = fromHex(key);
      for (const contact of this.contacts.closest(bytes, this.config.k)) {
        if (contact.address === address) continue;
        const value = addressToBytes(address);
        this.speaker.say(contact.address, { kind: 'store', key: bytes, value, expiresS }, out);
      }
    }
  }
}
