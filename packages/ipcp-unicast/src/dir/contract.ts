import type { Address } from '@ouroboros/model';
import type { DhtConfig as LayerDhtConfig } from '@ouroboros/wire';

/** What the directory is given, and what it says: the contract of the machine in `dht.ts`. */
export interface DhtConfig extends LayerDhtConfig {
  readonly self: Address;
  /** Random, hash length of the layer. */
  readonly id: Uint8Array;
  /** False: speaks as a C member does, and takes everybody for one. Default true. */
  readonly extensions?: boolean;
  /** A random 64-bit number, not 0. */
  readonly nextCookie: () => bigint;
  /** Wall clock, seconds since 1970; only C's absolute expiries need it. */
  readonly wallSeconds: () => number;
}

export type DhtInput =
  | { readonly kind: 'register' | 'unregister'; readonly key: Uint8Array }
  | { readonly kind: 'lookup'; readonly id: number; readonly key: Uint8Array }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** Members to which routing has a way. */
  | { readonly kind: 'reachable'; readonly addresses: ReadonlySet<Address> }
  | { readonly kind: 'leave' }
  /** A member left or died: it is not asked any more, nor named to others. What it stored here lives on as it would. */
  | { readonly kind: 'gone'; readonly address: Address }
  /** Says hello to a member, to hear from it. */
  | { readonly kind: 'greet'; readonly address: Address };

export type DhtOutput =
  | { readonly kind: 'send'; readonly to: Address; readonly bytes: Uint8Array }
  /** A member speaks with another id than before: it was restarted, and what was agreed with it is void. */
  | { readonly kind: 'restarted'; readonly address: Address }
  /** A member was heard for the first time, and is a peer of ours or not. */
  | { readonly kind: 'heard'; readonly address: Address; readonly ours: boolean }
  /** Answer to `lookup`: addresses of other members, reachable ones first; `rounds` = sequential requests it took. */
  | { readonly kind: 'found'; readonly id: number; readonly addresses: readonly Address[]; readonly rounds: number };

export interface DhtCounters {
  received: number;
  malformed: number;
  unexpected: number;
  stored: number;
  withdrawn: number;
  lookups: number;
  /** Sequential request rounds of the longest lookup of a value. */
  mostRounds: number;
}
