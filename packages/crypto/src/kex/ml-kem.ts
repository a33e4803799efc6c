/**
 * ML-KEM with raw keys [FIPS 203]: libsodium for 768, which it does best, @noble/post-quantum for the sizes that
 * libsodium does not have.
 */
import { ml_kem1024, ml_kem512 } from '@noble/post-quantum/ml-kem.js';
import sodium from 'libsodium-wrappers';

export type MlKemName = 'ML-KEM-512' | 'ML-KEM-768' | 'ML-KEM-1024';

export interface KemPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export interface Encapsulated {
  readonly ciphertext: Uint8Array;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

export interface MlKem {
  readonly publicLength: number;
  readonly privateLength: number;
  readonly ciphertextLength: number;
  generate(): KemPair;
  /** From a seed (d ‖ z), as PKCS #8 files have it. */
  fromSeed(seed: Uint8Array): KemPair;
  /** Undefined when that is no encapsulation key [FIPS 203 §7.2]. */
  encapsulate(publicKey: Uint8Array): Encapsulated | undefined;
  /** Of a ciphertext of the right length always a secret: a forged one gets one that nobody knows. */
  decapsulate(ciphertext: Uint8Array, privateKey: Uint8Array): Uint8Array;
}

/** Length of a seed. */
export const ML_KEM_SEED_LENGTH = 64;

/** Where the encapsulation key stands in the private key: behind the k polynomials of 384 bytes. [FIPS 203 §7.1] */
export function publicPartOf(kem: MlKem, privateKey: Uint8Array): Uint8Array {
  const at = kem.publicLength - 32;
  return privateKey.slice(at, at + kem.publicLength);
}

function tried<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

const mlKem768: MlKem = {
  publicLength: 1184,
  privateLength: 2400,
  ciphertextLength: 1088,
  generate: () => sodium.crypto_kem_mlkem768_keypair(),
  fromSeed: (seed) => sodium.crypto_kem_mlkem768_seed_keypair(seed),
  encapsulate: (publicKey) => {
    const made = tried(() => sodium.crypto_kem_mlkem768_enc(publicKey));
    return made && { ciphertext: made.ciphertext, secret: made.sharedSecret };
  },
  decapsulate: (ciphertext, privateKey) => sodium.crypto_kem_mlkem768_dec(ciphertext, privateKey),
};

function byNoble(kem: typeof ml_kem512, publicLength: number, privateLength: number, ciphertextLength: number): MlKem {
  const pair = (seed?: Uint8Array): KemPair => {
    const { publicKey, secretKey } = kem.keygen(seed);
    return { publicKey, privateKey: secretKey };
  };
  return {
    publicLength,
    privateLength,
    ciphertextLength,
    generate: () => pair(),
    fromSeed: pair,
    encapsulate: (publicKey) => {
      const made = tried(() => kem.encapsulate(publicKey));
      return made && { ciphertext: made.cipherText, secret: made.sharedSecret };
    },
    decapsulate: (ciphertext, privateKey) => kem.decapsulate(ciphertext, privateKey),
  };
}

/** Usable once libsodium is ready. */
export const ML_KEM: Readonly<Record<MlKemName, MlKem>> = {
  'ML-KEM-512': byNoble(ml_kem512, 800, 1632, 768),
  'ML-KEM-768': mlKem768,
  'ML-KEM-1024': byNoble(ml_kem1024, 1568, 3168, 1568),
};
