import type { Sink } from '@ouroboros/machine';
import type { Address, Micros } from '@ouroboros/model';
import type { DhtContact } from '@ouroboros/wire';
import type { ContactTable } from './contact-table.js';
import type { DhtConfig, DhtOutput } from './contract.js';
import { OwnValues } from './own-values.js';
import type { Searches } from './searches.js';
import type { Speaker } from './speaker.js';
import type { Values } from './values.js';

/** Puts a value with the own address at the members closest to each key that this member serves, and takes it back. */
export class Publishing {
  readonly own = new OwnValues();

  constructor(
    private readonly config: DhtConfig,
    private readonly contacts: ContactTable,
    private readonly speaker: Speaker,
    private readonly searches: Searches,
    private readonly values: Values,
  ) {}

  get deadline(): Micros {
    return this.own.deadline;
  }

  register(key: Uint8Array, now: Micros, out: Sink<DhtOutput>): void {
    this.own.add(key, now);
    this.publishDue(now, out);
  }

  withdraw(key: Uint8Array, now: Micros, out: Sink<DhtOutput>): void {
    this.withdrawAt(this.own.remove(key, now), key, out);
  }

  withdrawAll(now: Micros, out: Sink<DhtOutput>): void {
    for (const key of this.own.keys()) this.withdraw(key, now, out);
  }

  wake(now: Micros, out: Sink<DhtOutput>): void {
    for (const { key, addresses } of this.own.takeWithdrawals(now)) this.withdrawAt(addresses, key, out);
    this.publishDue(now, out);
  }

  private publishDue(now: Micros, out: Sink<DhtOutput>): void {
    for (const key of this.own.takeDue(now)) {
      this.searches.members(key, ({ members }, sink) => this.storeAt(members, key, sink), now, out);
    }
  }

  private storeAt(members: readonly DhtContact[], key: Uint8Array, out: Sink<DhtOutput>): void {
    const value = this.own.has(key) ? this.values.own(key) : undefined;
    if (!value) return;
    const expiresS = (Math.floor(this.config.wallSeconds()) + this.config.expireS) >>> 0;
    for (const { address } of members) {
      this.speaker.say(address as Address, { kind: 'store', key, value, expiresS }, out);
      this.own.storedAt(key, address as Address);
    }
  }

  private withdrawAt(addresses: Iterable<Address>, key: Uint8Array, out: Sink<DhtOutput>): void {
    const value = this.values.withdrawal(key);
    if (!value) return;
    for (const address of addresses) {
      if (this.contacts.get(address)?.withdraws === true) this.speaker.sayWithdrawn(address, key, value, out);
    }
  }
}
