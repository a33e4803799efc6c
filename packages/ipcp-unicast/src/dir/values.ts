import type { Address, Micros } from '@ouroboros/model';
import type { DhtContact } from '@ouroboros/wire';

/** Whence a packet came: the neighbour that handed it on. */
export type Via = Address;

/** What goes into an answer that has values. */
export interface Answer {
  readonly contacts: readonly DhtContact[];
  readonly values: readonly Uint8Array[];
}

/**
 * What stands in messages as the value of a key, and who is believed: the address alone, as in C, or in a layer with authenticated
 * members a statement that the member with the address has signed.
 */
export interface Values {
  /** All members are peers of ours. */
  readonly allOurs: boolean;
  /** What this member stores elsewhere for a key that it serves. Undefined: it cannot say so now. */
  own(key: Uint8Array): Uint8Array | undefined;
  /** What takes it back. */
  withdrawal(key: Uint8Array): Uint8Array | undefined;
  /** Who serves the key, by what came to be stored. Undefined: refused, and counted. */
  stored(key: Uint8Array, value: Uint8Array, via: Via, now: Micros): Address | undefined;
  /** Who does not serve the key any more, by what came from a member. */
  withdrawn(key: Uint8Array, value: Uint8Array, from: Address, via: Via, now: Micros): Address | undefined;
  /** Who serves the key, by what a member answered that was asked. */
  found(key: Uint8Array, values: readonly Uint8Array[], now: Micros): Address[];
  /** Whether what was stored for the key still holds. */
  holds(key: Uint8Array, address: Address, now: Micros): boolean;
  /** The answer to who asks for the key. */
  answer(
    key: Uint8Array,
    addresses: readonly Address[],
    contacts: readonly DhtContact[],
    ours: boolean,
    now: Micros,
  ): Answer;
  expire(now: Micros): void;
}
