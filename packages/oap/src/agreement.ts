/** What two hosts agreed about one flow, and how it is read off their messages; equal for both ends. */
import { EMPTY_BYTES } from '@ouroboros/model';
import { isKem, type CipherName, type DigestName, type FlowCrypto } from '@ouroboros/ports';
import { OapFeature } from '@ouroboros/wire';
import { isAead } from './algorithms.js';
import { firstKeyOfC, ownSecret, type SharedSecret, type Transcript } from './key-schedule.js';
import type { OapCrypto } from './tools.js';

export interface OapAgreed {
  readonly features: number;
  /** Null: a plain flow. */
  readonly crypto: FlowCrypto | null;
  /** Name in the verified certificate of the other end; empty when it showed none. */
  readonly peer: string;
}

/** The share of the second exchange between peers of ours. */
export const SHARE_KEX = 'ML-KEM-768';

const OWN_PROFILE = OapFeature.PROTECTION | OapFeature.FRAMES;

/**
 * Features that go with this cipher (null = none): our profile needs a cipher that authenticates, and frames for its key
 * changes.
 */
export function featuresWith(features: number, cipher: CipherName | null): number {
  const possible = cipher !== null && isAead(cipher) && (features & OWN_PROFILE) === OWN_PROFILE;
  return possible ? features : (features & ~OapFeature.PROTECTION) >>> 0;
}

export const isOwnProfile = (features: number): boolean => (features & OapFeature.PROTECTION) !== 0;

/** A finished key exchange with all that was negotiated along with it. */
export interface Exchanged {
  readonly shared: SharedSecret;
  /** The secret of the share; null: there was none, or it did not fit. */
  readonly kemSecret: Uint8Array | null;
  readonly cipher: CipherName;
  readonly kdf: DigestName;
  /** The client encapsulated to a key that outlives the flow. */
  readonly staticKey: boolean;
}

/** Derives what protects the flow, and zeroes the secrets that it comes from. */
export function flowCryptoOf(
  crypto: OapCrypto,
  exchanged: Exchanged,
  agreed: { readonly features: number; readonly peer: string },
  transcript: Transcript,
): FlowCrypto {
  const { shared, kemSecret, cipher, kdf, staticKey } = exchanged;
  const own = isOwnProfile(agreed.features);
  const secret = own
    ? ownSecret(crypto.kdf, kdf, kemSecret ?? EMPTY_BYTES, shared.secret, transcript)
    : firstKeyOfC(crypto.kdf, kdf, shared);
  shared.secret.fill(0);
  kemSecret?.fill(0);
  const kem = isKem(shared.kex);
  return {
    profile: own ? 'o7s' : 'c',
    cipher,
    secret,
    kemInBand: own && (staticKey || (!kem && kemSecret === null)),
    kex: own && !kem ? `${shared.kex}+${SHARE_KEX}` : shared.kex,
    peer: agreed.peer,
  };
}
