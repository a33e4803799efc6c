import type { Address } from '@ouroboros/model';
import { addressFromBytes, addressToBytes, type DhtContact } from '@ouroboros/wire';
import type { DhtCounters } from './contract.js';
import type { Answer, Values } from './values.js';

/** Values sent in one answer. [spec/wire-control.md §6.5] */
const MAX_VALUES_TO_C = 8;
/** A peer of ours may spread its allocations over so many; with the contacts they fit one packet. */
const MAX_VALUES_TO_OURS = 32;

/** Values that are addresses of 8 bytes, as in C: whoever stores one is believed. */
export class PlainValues implements Values {
  readonly allOurs = false;

  constructor(
    private readonly self: Address,
    private readonly counters: DhtCounters,
  ) {}

  own(): Uint8Array {
    return addressToBytes(this.self);
  }

  withdrawal(): Uint8Array {
    return addressToBytes(this.self);
  }

  stored(_: Uint8Array, value: Uint8Array): Address | undefined {
    const address = addressFromBytes(value);
    if (address.ok) return address.value as Address;
    this.counters.malformed += 1;
    return undefined;
  }

  /** The owner of a value, and nobody else, takes it back. */
  withdrawn(key: Uint8Array, value: Uint8Array, from: Address): Address | undefined {
    const address = this.stored(key, value);
    return address === from ? address : undefined;
  }

  found(_: Uint8Array, values: readonly Uint8Array[]): Address[] {
    return values.map(addressFromBytes).flatMap((value) => (value.ok ? [value.value as Address] : []));
  }

  holds(): boolean {
    return true;
  }

  answer(_: Uint8Array, addresses: readonly Address[], contacts: readonly DhtContact[], ours: boolean): Answer {
    const most = ours ? MAX_VALUES_TO_OURS : MAX_VALUES_TO_C;
    return { contacts, values: addresses.slice(0, most).map(addressToBytes) };
  }

  expire(): void {
    // Addresses are kept by the store alone.
  }
}
