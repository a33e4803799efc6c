/**
 * Private keys of KEMs from files: PKCS #8 for ML-KEM, which holds the seed, the expanded key, or both
 * [RFC 9935 §6]; for the hybrids the two raw keys one behind the other.
 */
import { DER, readDer, type DerValue } from './der.js';
import { ML_KEM, ML_KEM_SEED_LENGTH, publicPartOf, type KemPair, type MlKemName } from './ml-kem.js';
import { kexOfAlgorithm } from './spki.js';

export interface StaticMlKem extends KemPair {
  readonly kex: MlKemName;
}

/** Undefined when it is no ML-KEM key. */
export function readPkcs8(bytes: Uint8Array): StaticMlKem | undefined {
  const outer = readDer(bytes);
  const parts = outer?.length === 1 && outer[0]!.tag === DER.sequence ? readDer(outer[0]!.contents) : undefined;
  const [, algorithm, key] = parts ?? [];
  const kex = algorithm && kexOfAlgorithm(algorithm.whole);
  if (!kex?.startsWith('ML-KEM') || key?.tag !== DER.octetString) return undefined;
  const inner = readDer(key.contents);
  const pair = inner?.length === 1 ? pairOf(kex as MlKemName, inner[0]!) : undefined;
  return pair && { kex: kex as MlKemName, ...pair };
}

function pairOf(kex: MlKemName, value: DerValue): KemPair | undefined {
  const kem = ML_KEM[kex];
  if (value.tag === DER.context0) return seeded(kex, value.contents);
  if (value.tag === DER.sequence) return seeded(kex, readDer(value.contents)?.[0]?.contents);
  if (value.tag !== DER.octetString || value.contents.length !== kem.privateLength) return undefined;
  const privateKey = value.contents.slice();
  return { privateKey, publicKey: publicPartOf(kem, privateKey) };
}

const seeded = (kex: MlKemName, seed: Uint8Array | undefined): KemPair | undefined =>
  seed?.length === ML_KEM_SEED_LENGTH ? ML_KEM[kex].fromSeed(seed) : undefined;
