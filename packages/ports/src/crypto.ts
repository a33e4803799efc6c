/**
 * Cryptography behind ports, so that an implementation can be swapped for a faster one. Algorithms go by the names of
 * spec/wire-crypto.md §2, which are OpenSSL's. Everything is synchronous: whatever an implementation must load, it loads
 * before it is handed over.
 */
import type { Hash } from './hash.js';

/** Ciphers with authentication. Keys have 32 bytes always; shorter ciphers use the first 16 or 24. [spec/wire-crypto.md §2] */
export type AeadName = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
/** Ciphers without authentication, which only a C peer is given. */
export type CtrName = 'aes-128-ctr' | 'aes-192-ctr' | 'aes-256-ctr';
export type CipherName = AeadName | CtrName;

export type DigestName =
  'blake2s256' | 'sha256' | 'sha3-256' | 'sha384' | 'sha3-384' | 'blake2b512' | 'sha512' | 'sha3-512';

export type KexName =
  | 'ffdhe2048'
  | 'prime256v1'
  | 'X25519'
  | 'ffdhe3072'
  | 'secp384r1'
  | 'ffdhe4096'
  | 'X448'
  | 'secp521r1'
  | 'ML-KEM-512'
  | 'ML-KEM-768'
  | 'ML-KEM-1024'
  | 'X25519MLKEM768'
  | 'X448MLKEM1024';

export const AEAD_NONCE_LENGTH = 12;
export const AEAD_TAG_LENGTH = 16;
export const CTR_IV_LENGTH = 16;

/**
 * One key of a cipher, on the packet path: no allocation per packet where the implementation allows. The caller owns all
 * buffers. `out` may be the buffer of the text at the same offset (in place); otherwise the two must not overlap. All buffers
 * are memory of this process alone, except what `open` opens.
 */
export interface SealKey {
  /**
   * Writes the ciphertext of `text[offset … offset+length)` and behind it the tag (none for CTR) to `out` from
   * `outOffset`. `nonce` has AEAD_NONCE_LENGTH or CTR_IV_LENGTH bytes. `aad[0 … aadLength)` is authenticated along; CTR ignores it.
   */
  seal(
    nonce: Uint8Array,
    aad: Uint8Array,
    aadLength: number,
    text: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): void;
  /**
   * The reverse: `length` counts the tag. False, and nothing of use in `out`, when it is not authentic; CTR is always true.
   * `sealed` is read only once, so it may lie in memory that another process writes.
   */
  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    aadLength: number,
    sealed: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): boolean;
  /** Zeroes the key; it cannot be used any more. Harmless when repeated. */
  destroy(): void;
}

export interface Ciphers {
  /** `key` has 32 bytes, is copied, and may be zeroed by the caller. */
  key(cipher: CipherName, key: Uint8Array): SealKey;
}

/** HKDF [RFC 5869] and HMAC. Results are new arrays. */
export interface Kdf {
  extract(digest: DigestName, salt: Uint8Array, secret: Uint8Array): Uint8Array;
  expand(digest: DigestName, key: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  digest(digest: DigestName, bytes: Uint8Array): Uint8Array;
}

/** An own key pair of one exchange. */
export interface KexKeys {
  /** As it goes on the wire: SPKI DER, or raw for the hybrids. [spec/wire-crypto.md §2] */
  readonly publicKey: Uint8Array;
  /**
   * The shared secret, from the peer's public key (DH) or from its ciphertext (KEM). Undefined when the peer's bytes are
   * no valid ones. Never throws for what a peer sent.
   */
  agree(peer: Uint8Array): Uint8Array | undefined;
  /** Zeroes the private key. Harmless when repeated. */
  destroy(): void;
}

export interface KeyExchange {
  /** A fresh key pair. */
  generate(kex: KexName): KexKeys;
  /** KEM alone: a fresh secret for the holder of `publicKey`. Undefined when that is no key of this kind. */
  encapsulate(
    kex: KexName,
    publicKey: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly secret: Uint8Array } | undefined;
  /** KEM alone: a private key from its file (PKCS #8, or raw for the hybrids). Undefined when it is none of the table. */
  load(privateKey: Uint8Array, raw: boolean): { readonly kex: KexName; readonly keys: KexKeys } | undefined;
  /** Which algorithm a peer's public key is of; `raw` = flag F of OAP. Undefined: none of the table. */
  recognise(publicKey: Uint8Array, raw: boolean): KexName | undefined;
}

export const isKem = (kex: KexName): boolean => kex.includes('ML');

/** All of it, as a process loads it when it first needs some (`loadCrypto` of @ouroboros/crypto). */
export interface CryptoSuite {
  readonly hash: Hash;
  readonly ciphers: Ciphers;
  readonly kdf: Kdf;
  readonly keyExchange: KeyExchange;
}

/** What packets of one flow are protected with, as the two IRM daemons agreed it. */
export interface FlowCrypto {
  /**
   * `c`: C's packet layout and key chain; `secret` is its first key. `o7s`: ours (docs/wire-extensions.md); `secret` is what
   * the keys of both directions come from. 32 bytes, which the holder zeroes.
   */
  readonly profile: 'c' | 'o7s';
  readonly cipher: CipherName;
  readonly secret: Uint8Array;
  /** The ML-KEM exchange did not fit the handshake: it takes place in-band before the first data. `o7s` alone. */
  readonly kemInBand: boolean;
  /** The key exchange, as shown to people: X25519, X25519+ML-KEM-768. */
  readonly kex: string;
  /** Name in the verified certificate of the other end; empty when it showed none. */
  readonly peer: string;
}

/** What may be shown of a flow's protection. */
export type FlowProtection = Pick<FlowCrypto, 'profile' | 'cipher' | 'kex'>;
