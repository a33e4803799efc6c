/**
 * Numbers of algorithms in OAP headers (OpenSSL's NIDs), weakest first: the strength of an algorithm is its position,
 * counted from 1. 0 on the wire = none. [spec/wire-crypto.md §2]
 */
export interface OapAlgorithm {
  readonly name: string;
  readonly nid: number;
}

export const OAP_CIPHERS: readonly OapAlgorithm[] = [
  { name: 'aes-128-ctr', nid: 904 },
  { name: 'aes-192-ctr', nid: 905 },
  { name: 'aes-256-ctr', nid: 906 },
  { name: 'aes-128-gcm', nid: 895 },
  { name: 'aes-192-gcm', nid: 898 },
  { name: 'aes-256-gcm', nid: 901 },
  { name: 'chacha20-poly1305', nid: 1018 },
];

export interface OapDigest extends OapAlgorithm {
  /** Digest length in bytes. */
  readonly length: number;
}

/** Digests for signature and request hash, and hashes for HKDF. */
export const OAP_DIGESTS: readonly OapDigest[] = [
  { name: 'blake2s256', nid: 1057, length: 32 },
  { name: 'sha256', nid: 672, length: 32 },
  { name: 'sha3-256', nid: 1096, length: 32 },
  { name: 'sha384', nid: 673, length: 48 },
  { name: 'sha3-384', nid: 1097, length: 48 },
  { name: 'blake2b512', nid: 1056, length: 64 },
  { name: 'sha512', nid: 674, length: 64 },
  { name: 'sha3-512', nid: 1098, length: 64 },
];

/** Length of the request hash (SHA-384) when the request names no digest. */
const DEFAULT_REQUEST_HASH = 48;

export const isCipherNid = (nid: number): boolean => nid === 0 || OAP_CIPHERS.some((one) => one.nid === nid);
export const isDigestNid = (nid: number): boolean => nid === 0 || OAP_DIGESTS.some((one) => one.nid === nid);

/**
 * Length in bytes of the request hash in the response to a request with this `md_nid`; undefined for a number that is
 * none of OAP_DIGESTS.
 */
export function requestHashLength(requestMdNid: number): number | undefined {
  if (requestMdNid === 0) return DEFAULT_REQUEST_HASH;
  return OAP_DIGESTS.find((one) => one.nid === requestMdNid)?.length;
}
