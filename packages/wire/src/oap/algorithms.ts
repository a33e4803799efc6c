/**
 * Numbers of algorithms in OAP headers (OpenSSL's NIDs), weakest first: the strength of an algorithm is its position,
 * counted from 1. 0 on the wire = none. [spec/wire-crypto.md §2]
 */
export interface OapAlgorithm {
  readonly name: string;
  readonly nid: number;
}

export const OAP_CIPHERS = [
  { name: 'aes-128-ctr', nid: 904 },
  { name: 'aes-192-ctr', nid: 905 },
  { name: 'aes-256-ctr', nid: 906 },
  { name: 'aes-128-gcm', nid: 895 },
  { name: 'aes-192-gcm', nid: 898 },
  { name: 'aes-256-gcm', nid: 901 },
  { name: 'chacha20-poly1305', nid: 1018 },
] as const satisfies readonly OapAlgorithm[];

export interface OapDigest extends OapAlgorithm {
  /** Digest length in bytes. */
  readonly length: number;
}

/** Digests for signature and request hash, and hashes for HKDF. */
export const OAP_DIGESTS = [
  { name: 'blake2s256', nid: 1057, length: 32 },
  { name: 'sha256', nid: 672, length: 32 },
  { name: 'sha3-256', nid: 1096, length: 32 },
  { name: 'sha384', nid: 673, length: 48 },
  { name: 'sha3-384', nid: 1097, length: 48 },
  { name: 'blake2b512', nid: 1056, length: 64 },
  { name: 'sha512', nid: 674, length: 64 },
  { name: 'sha3-512', nid: 1098, length: 64 },
] as const satisfies readonly OapDigest[];

/** Key exchanges. C never sends these numbers: it knows the algorithm by the key. */
export const OAP_KEY_EXCHANGES = [
  { name: 'ffdhe2048', nid: 1126 },
  { name: 'prime256v1', nid: 415 },
  { name: 'X25519', nid: 1034 },
  { name: 'ffdhe3072', nid: 1127 },
  { name: 'secp384r1', nid: 715 },
  { name: 'ffdhe4096', nid: 1128 },
  { name: 'X448', nid: 1035 },
  { name: 'secp521r1', nid: 716 },
  { name: 'ML-KEM-512', nid: 1454 },
  { name: 'ML-KEM-768', nid: 1455 },
  { name: 'ML-KEM-1024', nid: 1456 },
  { name: 'X25519MLKEM768', nid: 2053 },
  { name: 'X448MLKEM1024', nid: 2054 },
] as const satisfies readonly OapAlgorithm[];

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
