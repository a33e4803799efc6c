/**
 * From shared secrets to the 32 bytes that a flow is protected with, by HKDF [RFC 5869] with the negotiated hash.
 *
 * Towards C [spec/wire-crypto.md §6]:
 *
 *   K0 = HKDF(secret, salt = SHA-256(public keys), info)
 *
 * Between peers of ours the secrets of both exchanges are used one behind the other, the fixed length first
 * [draft-ietf-tls-hybrid-design §3.3], and what was derived is bound to all that was said, as in TLS 1.3
 * [RFC 8446 §7.1]: whoever changed a byte of either message on its way gets other keys than either end.
 *
 *   secret = HKDF(ML-KEM secret ‖ key exchange secret, no salt, "o7s-oap-flow" ‖ H(request) ‖ H(response))
 */
import { EMPTY_BYTES, concatBytes, utf8Bytes } from '@ouroboros/model';
import { isKem, type DigestName, type Kdf, type KexName } from '@ouroboros/ports';

export const FLOW_SECRET_LENGTH = 32;

/** A finished key exchange, as both ends have it. */
export interface SharedSecret {
  readonly kex: KexName;
  readonly secret: Uint8Array;
  /** DH: the public keys of both. KEM: the one that was encapsulated to. As they were on the wire. */
  readonly publicKeys: readonly Uint8Array[];
}

/** K0 of C's key chain. */
export function firstKeyOfC(kdf: Kdf, digest: DigestName, { kex, secret, publicKeys }: SharedSecret): Uint8Array {
  const salt = kdf.digest('sha256', concatBytes(...[...publicKeys].sort(byBytes)));
  return hkdf(kdf, digest, secret, salt, utf8Bytes(isKem(kex) ? 'o7s-ossl-encap' : 'o7s-ossl-dhe'));
}

export interface Transcript {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

/** The secret of our own profile; `kemSecret` is empty where there was no second exchange. */
export function ownSecret(
  kdf: Kdf,
  digest: DigestName,
  kemSecret: Uint8Array,
  kexSecret: Uint8Array,
  { request, response }: Transcript,
): Uint8Array {
  const both = concatBytes(kemSecret, kexSecret);
  const info = concatBytes(utf8Bytes('o7s-oap-flow'), kdf.digest(digest, request), kdf.digest(digest, response));
  const secret = hkdf(kdf, digest, both, EMPTY_BYTES, info);
  both.fill(0);
  return secret;
}

function hkdf(kdf: Kdf, digest: DigestName, ikm: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  const prk = kdf.extract(digest, salt, ikm);
  const key = kdf.expand(digest, prk, info, FLOW_SECRET_LENGTH);
  prk.fill(0);
  return key;
}

/** Lexicographic over the common length, the shorter first. */
function byBytes(a: Uint8Array, b: Uint8Array): number {
  const differs = a.findIndex((byte, i) => byte !== b[i]);
  return differs < 0 || differs >= b.length ? a.length - b.length : a[differs]! - b[differs]!;
}
