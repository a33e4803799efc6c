/**
 * X25519 and X448 with raw keys [RFC 7748]: X25519 by libsodium, whose keys can be zeroed; X448 by node:crypto, whose
 * keys OpenSSL zeroes when nothing refers to them any more.
 */
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { DER, readDer, writeDer } from './der.js';
import { readSpki, writeSpki } from './spki.js';

export interface XKeys {
  readonly publicKey: Uint8Array;
  /** Undefined when the peer's key is none, or one that leads to a secret that everybody knows. */
  agree(peer: Uint8Array): Uint8Array | undefined;
  destroy(): void;
}

export interface XCurve {
  /** Length of private keys, public keys and secrets. */
  readonly length: number;
  generate(): XKeys;
  /** `privateKey` is copied. */
  from(privateKey: Uint8Array): XKeys;
}

function keysOf25519(privateKey: Uint8Array): XKeys {
  let destroyed = false;
  return {
    publicKey: sodium.crypto_scalarmult_base(privateKey),
    agree: (peer) => {
      if (destroyed) return undefined;
      try {
        return sodium.crypto_scalarmult(privateKey, peer);
      } catch {
        return undefined;
      }
    },
    destroy: () => {
      destroyed = true;
      sodium.memzero(privateKey);
    },
  };
}

export const X25519: XCurve = {
  length: 32,
  generate: () => keysOf25519(sodium.randombytes_buf(32)),
  from: (privateKey) => keysOf25519(privateKey.slice()),
};

function keysOf448(key: KeyObject): XKeys {
  let held: KeyObject | undefined = key;
  return {
    publicKey: readSpki(createPublicKey(key).export({ type: 'spki', format: 'der' }))!.key.slice(),
    agree: (peer) => {
      if (held === undefined || peer.length !== X448.length) return undefined;
      try {
        const spki = Buffer.from(writeSpki('X448', peer));
        const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
        return new Uint8Array(diffieHellman({ privateKey: held, publicKey }));
      } catch {
        return undefined;
      }
    },
    destroy: () => {
      held = undefined;
    },
  };
}

/** PKCS #8 around a raw private key. [RFC 8410 §7] */
function pkcs8Of448(privateKey: Uint8Array): Buffer {
  const algorithm = readDer(readDer(writeSpki('X448', privateKey))![0]!.contents)![0]!.whole;
  const key = writeDer(DER.octetString, writeDer(DER.octetString, privateKey));
  return Buffer.from(writeDer(DER.sequence, writeDer(DER.integer, Uint8Array.of(0)), algorithm, key));
}

export const X448: XCurve = {
  length: 56,
  generate: () => keysOf448(generateKeyPairSync('x448').privateKey),
  from: (privateKey) => keysOf448(createPrivateKey({ key: pkcs8Of448(privateKey), format: 'der', type: 'pkcs8' })),
};
