import { concatBytes } from '@ouroboros/model';
import type { OapCrypto } from '@ouroboros/oap';
import { isKem, type KexKeys, type KexName, type KeyExchange } from '@ouroboros/ports';
import { OAP_KEY_EXCHANGES } from '@ouroboros/wire';
import { testHash } from './test-hash.js';

const NAMES: readonly KexName[] = OAP_KEY_EXCHANGES.map(({ name }) => name);
const LENGTH = 9;

const hashed = (...parts: readonly Uint8Array[]): Uint8Array => testHash.digest('SHA3_256', concatBytes(...parts));

/** Public keys and ciphertexts are numbers behind the number of their algorithm; whoever sees them knows the secret. */
export class TestKeyExchange implements KeyExchange {
  private lastKey = 0;

  generate(kex: KexName): KexKeys {
    const publicKey = this.fresh(kex);
    const agree = (peer: Uint8Array): Uint8Array | undefined => {
      if (this.recognise(peer) !== kex) return undefined;
      return isKem(kex) || byNumber(publicKey) < byNumber(peer) ? hashed(publicKey, peer) : hashed(peer, publicKey);
    };
    return { publicKey, agree, destroy: () => undefined };
  }

  encapsulate(kex: KexName, publicKey: Uint8Array): { ciphertext: Uint8Array; secret: Uint8Array } | undefined {
    if (this.recognise(publicKey) !== kex) return undefined;
    const ciphertext = this.fresh(kex);
    return { ciphertext, secret: hashed(publicKey, ciphertext) };
  }

  load(): undefined {
    return undefined;
  }

  recognise(publicKey: Uint8Array): KexName | undefined {
    return publicKey.length === LENGTH ? NAMES[publicKey[0]!] : undefined;
  }

  private fresh(kex: KexName): Uint8Array {
    this.lastKey += 1;
    const bytes = new Uint8Array(LENGTH);
    bytes[0] = NAMES.indexOf(kex);
    new DataView(bytes.buffer).setFloat64(1, this.lastKey);
    return bytes;
  }
}

const byNumber = (key: Uint8Array): number => new DataView(key.buffer, key.byteOffset).getFloat64(1);

/** Cryptography that costs nothing and keeps nothing secret. */
export const testCrypto = (): OapCrypto => ({
  keyExchange: new TestKeyExchange(),
  kdf: {
    extract: (_digest, salt, secret) => hashed(salt, secret),
    expand: (_digest, key, info, length) => hashed(key, info).slice(0, length),
    digest: (_digest, bytes) => hashed(bytes),
  },
});
