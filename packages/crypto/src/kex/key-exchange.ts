/** Every key exchange of the table, joined from libsodium, @noble/post-quantum and node:crypto. [spec/wire-crypto.md §2] */
import { concatBytes } from '@ouroboros/model';
import type { KexKeys, KexName, KeyExchange } from '@ouroboros/ports';
import { generateDh } from './dh.js';
import { ML_KEM, publicPartOf, type Encapsulated, type KemPair, type MlKem, type MlKemName } from './ml-kem.js';
import { readSpki, writeSpki } from './spki.js';
import { readPkcs8 } from './static-key.js';
import { X25519, X448, type XCurve, type XKeys } from './x-curves.js';

export type HybridName = 'X25519MLKEM768' | 'X448MLKEM1024';

interface Hybrid {
  readonly kem: MlKem;
  readonly curve: XCurve;
}

/** ML-KEM part first, in keys, ciphertexts and secrets. [draft-ietf-tls-ecdhe-mlkem; spec/wire-crypto.md §2] */
const HYBRIDS: Readonly<Record<HybridName, Hybrid>> = {
  X25519MLKEM768: { kem: ML_KEM['ML-KEM-768'], curve: X25519 },
  X448MLKEM1024: { kem: ML_KEM['ML-KEM-1024'], curve: X448 },
};
const HYBRID_NAMES = Object.keys(HYBRIDS) as HybridName[];

const isHybrid = (kex: KexName): kex is HybridName => kex in HYBRIDS;
const isMlKem = (kex: KexName): kex is MlKemName => kex in ML_KEM;
const publicLength = ({ kem, curve }: Hybrid): number => kem.publicLength + curve.length;

/** Usable once libsodium is ready: see `loadKeyExchange`. */
export class NodeKeyExchange implements KeyExchange {
  generate(kex: KexName): KexKeys {
    if (isHybrid(kex)) return hybridKeys(HYBRIDS[kex], HYBRIDS[kex].kem.generate(), HYBRIDS[kex].curve.generate());
    if (isMlKem(kex)) return kemKeys(kex, ML_KEM[kex].generate());
    if (kex === 'X25519') return curveKeys(kex, X25519.generate());
    if (kex === 'X448') return curveKeys(kex, X448.generate());
    return generateDh(kex);
  }

  encapsulate(kex: KexName, publicKey: Uint8Array): Encapsulated | undefined {
    if (isHybrid(kex)) return hybridEncapsulate(HYBRIDS[kex], publicKey);
    const spki = readSpki(publicKey);
    return spki?.kex === kex && isMlKem(kex) ? ML_KEM[kex].encapsulate(spki.key) : undefined;
  }

  load(privateKey: Uint8Array, raw: boolean): { kex: KexName; keys: KexKeys } | undefined {
    if (raw) return loadHybrid(privateKey);
    const key = readPkcs8(privateKey);
    return key && { kex: key.kex, keys: kemKeys(key.kex, key) };
  }

  recognise(publicKey: Uint8Array, raw: boolean): KexName | undefined {
    if (!raw) return readSpki(publicKey)?.kex;
    return HYBRID_NAMES.find((name) => publicLength(HYBRIDS[name]) === publicKey.length);
  }
}

function kemKeys(kex: MlKemName, { publicKey, privateKey }: KemPair): KexKeys {
  const kem = ML_KEM[kex];
  let destroyed = false;
  return {
    publicKey: writeSpki(kex, publicKey),
    agree: (peer) => {
      const fits = !destroyed && peer.length === kem.ciphertextLength;
      return fits ? kem.decapsulate(peer, privateKey) : undefined;
    },
    destroy: () => {
      destroyed = true;
      privateKey.fill(0);
    },
  };
}

function curveKeys(kex: 'X25519' | 'X448', keys: XKeys): KexKeys {
  return {
    publicKey: writeSpki(kex, keys.publicKey),
    agree: (peer) => {
      const spki = readSpki(peer);
      return spki?.kex === kex ? keys.agree(spki.key) : undefined;
    },
    destroy: () => keys.destroy(),
  };
}

function hybridKeys({ kem, curve }: Hybrid, pair: KemPair, keys: XKeys): KexKeys {
  return {
    publicKey: concatBytes(pair.publicKey, keys.publicKey),
    agree: (peer) => {
      if (peer.length !== kem.ciphertextLength + curve.length) return undefined;
      const second = keys.agree(peer.subarray(kem.ciphertextLength));
      if (second === undefined) return undefined;
      return joined(kem.decapsulate(peer.slice(0, kem.ciphertextLength), pair.privateKey), second);
    },
    destroy: () => {
      pair.privateKey.fill(0);
      keys.destroy();
    },
  };
}

function hybridEncapsulate(hybrid: Hybrid, publicKey: Uint8Array): Encapsulated | undefined {
  if (publicKey.length !== publicLength(hybrid)) return undefined;
  const { kem, curve } = hybrid;
  const keys = curve.generate();
  const second = keys.agree(publicKey.subarray(kem.publicLength));
  const first = second && kem.encapsulate(publicKey.slice(0, kem.publicLength));
  keys.destroy();
  if (second === undefined || first === undefined) return undefined;
  return { ciphertext: concatBytes(first.ciphertext, keys.publicKey), secret: joined(first.secret, second) };
}

/** The two secrets in one array; the parts are zeroed. */
function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const secret = concatBytes(first, second);
  first.fill(0);
  second.fill(0);
  return secret;
}

function loadHybrid(bytes: Uint8Array): { kex: KexName; keys: KexKeys } | undefined {
  const kex = HYBRID_NAMES.find((name) => {
    const { kem, curve } = HYBRIDS[name];
    return kem.privateLength + curve.length === bytes.length;
  });
  if (kex === undefined) return undefined;
  const { kem, curve } = HYBRIDS[kex];
  const privateKey = bytes.slice(0, kem.privateLength);
  const pair = { privateKey, publicKey: publicPartOf(kem, privateKey) };
  return { kex, keys: hybridKeys(HYBRIDS[kex], pair, curve.from(bytes.subarray(kem.privateLength))) };
}
