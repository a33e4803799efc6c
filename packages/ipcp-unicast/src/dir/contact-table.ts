import { equalBytes, type Address, type Micros } from '@ouroboros/model';
import type { DhtContact } from '@ouroboros/wire';
import { closest, prefixOf, sharedBits } from './distance.js';

export interface Contact {
  readonly id: Uint8Array;
  readonly prefix: bigint;
  readonly address: Address;
  /** True when it announced that it understands withdrawals. */
  withdraws: boolean;
  seen: Micros;
  /** Requests in a row that it did not answer. */
  failures: number;
}

/** After so many unanswered requests in a row a contact makes room for others. */
const MAX_FAILURES = 3;

/**
 * Members of the directory that this one knows, in buckets by the number of leading bits that they share with the own id,
 * `k` to a bucket: many near ones, few far ones, so that each step of a lookup halves the distance.
 */
export class ContactTable {
  private readonly byAddress = new Map<Address, Contact>();
  private readonly ownPrefix: bigint;

  constructor(
    ownId: Uint8Array,
    private readonly ownAddress: Address,
    private readonly k: number,
  ) {
    this.ownPrefix = prefixOf(ownId);
  }

  get size(): number {
    return this.byAddress.size;
  }

  values(): IterableIterator<Contact> {
    return this.byAddress.values();
  }

  get(address: Address): Contact | undefined {
    return this.byAddress.get(address);
  }

  /**
   * Notes that a member was heard of; `heard` tells that it spoke itself. Answers true when it is new or has a new
   * id, that is, was restarted. A full bucket keeps its contacts unless one of them fails.
   */
  learn(contact: DhtContact, now: Micros, heard: boolean): boolean {
    const address = contact.address as Address;
    if (address === this.ownAddress) return false;
    const known = this.byAddress.get(address);
    if (known && equalBytes(known.id, contact.id)) {
      if (heard) Object.assign(known, { seen: now, failures: 0 });
      return false;
    }
    if (known && !heard) return false;
    const prefix = prefixOf(contact.id);
    if (!known && !this.makeRoom(prefix)) return false;
    this.byAddress.set(address, { id: contact.id, prefix, address, withdraws: false, seen: now, failures: 0 });
    return true;
  }

  failed(address: Address): void {
    const contact = this.byAddress.get(address);
    if (!contact) return;
    contact.failures += 1;
    if (contact.failures >= MAX_FAILURES) this.byAddress.delete(address);
  }

  forget(address: Address): void {
    this.byAddress.delete(address);
  }

  closest(key: Uint8Array, count: number): Contact[] {
    return closest(this.byAddress.values(), prefixOf(key), count);
  }

  private makeRoom(prefix: bigint): boolean {
    const bucket = sharedBits(prefix, this.ownPrefix);
    const members = [...this.values()].filter((contact) => sharedBits(contact.prefix, this.ownPrefix) === bucket);
    if (members.length < this.k) return true;
    const failing = members.find((contact) => contact.failures > 0);
    if (failing) this.byAddress.delete(failing.address);
    return failing !== undefined;
  }
}
