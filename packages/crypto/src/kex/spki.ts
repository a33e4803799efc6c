/**
 * Public keys as SubjectPublicKeyInfo [RFC 5280 §4.1], the form in which OAP carries all but the hybrids.
 * [spec/wire-crypto.md §2]
 *
 *   SEQUENCE { SEQUENCE { OID, parameters }, BIT STRING { 0, key } }
 */
import { equalBytes, fromHex } from '@ouroboros/model';
import type { KexName } from '@ouroboros/ports';
import { DER, readDer, writeDer } from './der.js';
import { ffdhePrime } from './ffdhe.js';

/** Those that have such a form. */
export type SpkiKexName = Exclude<KexName, 'X25519MLKEM768' | 'X448MLKEM1024'>;

const EC_PUBLIC_KEY = '2a8648ce3d0201';
const DH_KEY_AGREEMENT = '2a864886f70d010301';

const oid = (hex: string): Uint8Array => writeDer(DER.oid, fromHex(hex));
const curve = (hex: string): Uint8Array => writeDer(DER.sequence, oid(EC_PUBLIC_KEY), oid(hex));
const plain = (hex: string): Uint8Array => writeDer(DER.sequence, oid(hex));
const positive = (bytes: Uint8Array): Uint8Array => writeDer(DER.integer, Uint8Array.of(0), bytes);

/** PKCS #3: prime and generator. [RFC 3279 §2.3.3 is another form, which OpenSSL does not use here] */
function ffdhe(name: 'ffdhe2048' | 'ffdhe3072' | 'ffdhe4096'): Uint8Array {
  const parameters = writeDer(DER.sequence, positive(ffdhePrime(name)), writeDer(DER.integer, Uint8Array.of(2)));
  return writeDer(DER.sequence, oid(DH_KEY_AGREEMENT), parameters);
}

/** The AlgorithmIdentifier of each. */
const ALGORITHMS: Readonly<Record<SpkiKexName, Uint8Array>> = {
  ffdhe2048: ffdhe('ffdhe2048'),
  prime256v1: curve('2a8648ce3d030107'),
  X25519: plain('2b656e'),
  ffdhe3072: ffdhe('ffdhe3072'),
  secp384r1: curve('2b81040022'),
  ffdhe4096: ffdhe('ffdhe4096'),
  X448: plain('2b656f'),
  secp521r1: curve('2b81040023'),
  'ML-KEM-512': plain('608648016503040401'),
  'ML-KEM-768': plain('608648016503040402'),
  'ML-KEM-1024': plain('608648016503040403'),
};
const NAMES = Object.keys(ALGORITHMS) as SpkiKexName[];

export interface Spki {
  readonly kex: SpkiKexName;
  readonly key: Uint8Array;
}

/** A public key of one of the algorithms above; undefined for anything else. */
export function readSpki(bytes: Uint8Array): Spki | undefined {
  const outer = readDer(bytes);
  const parts = outer?.length === 1 && outer[0]!.tag === DER.sequence ? readDer(outer[0]!.contents) : undefined;
  const [algorithm, bits] = parts ?? [];
  if (parts?.length !== 2 || bits?.tag !== DER.bitString || bits.contents[0] !== 0) return undefined;
  const kex = kexOfAlgorithm(algorithm!.whole);
  return kex && { kex, key: bits.contents.subarray(1) };
}

export const writeSpki = (kex: SpkiKexName, key: Uint8Array): Uint8Array =>
  writeDer(DER.sequence, ALGORITHMS[kex], writeDer(DER.bitString, Uint8Array.of(0), key));

/** The algorithm of an AlgorithmIdentifier (tag and length included). */
export const kexOfAlgorithm = (algorithm: Uint8Array): SpkiKexName | undefined =>
  NAMES.find((name) => equalBytes(ALGORITHMS[name], algorithm));
