import type { CipherName, Ciphers, CtrName, SealKey } from '@ouroboros/ports';
import { AesCtrKey, AesGcmKey } from './aes.js';
import { ChaChaKey } from './chacha.js';

export const isCtr = (cipher: CipherName): cipher is CtrName => cipher.endsWith('-ctr');

/**
 * All ciphers without access to C libraries: AES by node:crypto, ChaCha20-Poly1305 by libsodium. Usable once libsodium is
 * ready: see `loadCrypto`.
 */
export class PortableCiphers implements Ciphers {
  key(cipher: CipherName, key: Uint8Array): SealKey {
    if (cipher === 'chacha20-poly1305') return new ChaChaKey(key);
    return isCtr(cipher) ? new AesCtrKey(cipher, key) : new AesGcmKey(cipher, key);
  }
}
