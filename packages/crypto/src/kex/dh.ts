/** Diffie-Hellman by node:crypto: elliptic curves and finite fields. OpenSSL zeroes private keys that nobody refers to. */
import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from 'node:crypto';
import type { KexKeys } from '@ouroboros/ports';
import { ffdhePrime, type FfdheName } from './ffdhe.js';
import { readSpki, type SpkiKexName } from './spki.js';

export type NodeDhName = 'prime256v1' | 'secp384r1' | 'secp521r1' | FfdheName;

const isFfdhe = (kex: SpkiKexName): kex is FfdheName => kex.startsWith('ffdhe');

/** The types of Node lack this form. */
const generateFfdhePair = generateKeyPairSync as unknown as (
  type: 'dh',
  group: { readonly prime: Buffer; readonly generator: number },
) => KeyPairKeyObjectResult;

export function generateDhPair(kex: NodeDhName): KeyPairKeyObjectResult {
  if (!isFfdhe(kex)) return generateKeyPairSync('ec', { namedCurve: kex });
  return generateFfdhePair('dh', { prime: Buffer.from(ffdhePrime(kex)), generator: 2 });
}

export function generateDh(kex: NodeDhName): KexKeys {
  const { publicKey, privateKey } = generateDhPair(kex);
  let held: KeyObject | undefined = privateKey;
  return {
    publicKey: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
    agree: (peer) => (held === undefined ? undefined : agreed(kex, held, peer)),
    destroy: () => {
      held = undefined;
    },
  };
}

function agreed(kex: NodeDhName, privateKey: KeyObject, peer: Uint8Array): Uint8Array | undefined {
  if (readSpki(peer)?.kex !== kex) return undefined;
  try {
    const publicKey = createPublicKey({ key: Buffer.from(peer), format: 'der', type: 'spki' });
    const secret = new Uint8Array(diffieHellman({ privateKey, publicKey }));
    return isFfdhe(kex) ? withoutLeadingZeros(secret) : secret;
  } catch {
    return undefined;
  }
}

/** OpenSSL gives finite-field secrets without them, Node pads. [spec/wire-crypto.md §6] */
const withoutLeadingZeros = (secret: Uint8Array): Uint8Array => secret.slice(secret.findIndex((byte) => byte !== 0));
