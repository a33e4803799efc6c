import type { HashAlgorithm } from '@ouroboros/model';

/** Digests that the protocols use. */
export interface Hash {
  digest(algorithm: HashAlgorithm | 'SHA384', bytes: Uint8Array): Uint8Array;
}
