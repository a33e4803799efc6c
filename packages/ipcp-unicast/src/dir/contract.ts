import type { Address } from '@ouroboros/model';
import type { DhtConfig as LayerDhtConfig } from '@ouroboros/wire';
import type { StatementSigner, Witnesses } from '../signed/index.js';

/** What the directory is given, and what it says: the contract of the machine in `dht.ts`. */
export interface DhtConfig extends LayerDhtConfig {
  readonly self: Address;
  /** Random, hash length of the layer. */
  readonly id: Uint8Array;
  /** False: speaks as a C member does, and takes everybody for one. Default true. */
  readonly extensions?: boolean;
  /** In a layer with authenticated members: nothing counts but what the member that serves a name has signed. */
  readonly signed?: SignedNames | undefined;
  /** A random 64-bit number, not 0. */
  readonly nextCookie: () => bigint;
  /** Wall clock, seconds since 1970; only C's absolute expiries need it. */
  readonly wallSeconds: () => number;
}

export interface SignedNames {
  readonly layer: string;
  readonly signer: StatementSigner;
  readonly witnesses: Witnesses;
}

export type DhtInput =
  | { readonly kind: 'register' | 'unregister'; readonly key: Uint8Array }
  | { readonly kind: 'lookup'; readonly id: number; readonly key: Uint8Array }
  /** `via`: the neighbour that handed it on. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array; readonly via?: Address }
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
  | ({ readonly kind: 'found'; readonly id: number } & Found);

/** Answer to `lookup`. */
export interface Found {
  /** Of other members, reachable ones first. */
  readonly addresses: readonly Address[];
  /** Answers that were not believed. */
  readonly refused: number;
  /** Sequential requests that it took. */
  readonly rounds: number;
}

export interface DhtCounters {
  received: number;
  malformed: number;
  unexpected: number;
  stored: number;
  withdrawn: number;
  lookups: number;
  /** Sequential request rounds of the longest lookup of a value. */
  mostRounds: number;
  /** Values of a layer with authenticated members that were refused: unsigned, or not signed by whom they are about. */
  forged: number;
  /** Too old, or older than what the member said last. */
  stale: number;
  /** Of a member that states no links. */
  unknown: number;
  /** Not looked at: too many of one member, or from one neighbour. */
  crowded: number;
}
