/**
 * A key exchange that a C host does not see: in the request C's own fields are empty, and our extension carries a public key
 * of X25519MLKEM768 as kemShare; a peer of ours answers with the ciphertext there, and C with a plain flow. IPCPs ask
 * for their flows so, as what C's data transfer sends over an encrypted flow is garbage. [spec/wire-frcp.md §12, Quirk 4]
 *
 * Beside certificates there is no room for ML-KEM: then the share is a key of X25519, whose length tells it apart, and ML-KEM
 * follows in the flow before all data.
 */
import type { DecodedOap } from '@ouroboros/wire';
import { isRawKex, nidOfCipher, nidOfDigest } from './algorithms.js';
import { isOwnProfile } from './agreement.js';
import type { OapAlgorithms } from './enc-conf.js';
import { DEFAULT_ALGORITHMS, type OapSecurity } from './security.js';

const HYBRID: OapAlgorithms = { ...DEFAULT_ALGORITHMS, kex: 'X25519MLKEM768' };
const SMALL: OapAlgorithms = { ...DEFAULT_ALGORITHMS, kex: 'X25519' };
/** Of a public key of X25519, SPKI DER. */
const SMALL_SHARE = 44;

/** What a client offers unseen. */
export const unseenAlgorithms = ({ credential }: OapSecurity): OapAlgorithms => (credential === null ? HYBRID : SMALL);

const algorithmsOf = (share: Uint8Array): OapAlgorithms => (share.length === SMALL_SHARE ? SMALL : HYBRID);

/** Whether a client asks so: only where nobody configured anything, and encryption is not demanded, which C may fulfil too. */
export const asksUnseen = ({ unseenByC, encryption, algorithms }: OapSecurity, features: number): boolean =>
  unseenByC && encryption === 'offer' && algorithms === null && isOwnProfile(features);

/** The request as it would be with its share in C's fields; unchanged when it has a key exchange there, or no share. */
export function seenRequest(request: DecodedOap, share: Uint8Array | undefined, features: number): DecodedOap {
  if (request.kex.length > 0 || !share || !isOwnProfile(features)) return request;
  const { cipher, kdf } = algorithmsOf(share);
  return { ...seenResponse(request, share), cipherNid: nidOfCipher(cipher), kdfNid: nidOfDigest(kdf) };
}

/** The response as it would be with its share in C's fields, where it has the other algorithms anyway. */
export const seenResponse = (response: DecodedOap, share: Uint8Array): DecodedOap => ({
  ...response,
  kex: share,
  kexRaw: isRawKex(algorithmsOf(share).kex),
});
