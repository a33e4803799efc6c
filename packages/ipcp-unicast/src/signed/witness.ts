import type { Address, Micros } from '@ouroboros/model';

/** What is known of a member whose link state counts now. */
export interface Witness {
  /** DER; it held when the member last stated its links. */
  readonly certificate: Uint8Array;
  /** The wall clock of the member now, as far as its last number tells; ms since 1970. */
  readonly wallMs: bigint;
}

/** What the signed link state tells those who judge other statements. */
export interface Witnesses {
  /** Undefined: the member states nothing, or nothing that counts. */
  witnessOf(member: Address, now: Micros): Witness | undefined;
  /** A number for the next statement of this member. */
  nextNumber(): bigint;
}
