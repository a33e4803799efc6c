import type { CipherName, Ciphers, Kdf, SealKey } from '@ouroboros/ports';

const INFO = Uint8Array.from('o7s-key-rotation', (character) => character.charCodeAt(0));
const KEY_LENGTH = 32;

/**
 * The keys of profile `c`: each is HKDF-SHA256 of the one before, with the digest of the first as salt, whatever hash
 * the handshake agreed. [spec/wire-crypto.md §7.1]
 */
export class KeyChain {
  private readonly salt: Uint8Array;
  private current: Uint8Array;

  /** `first` is copied. */
  constructor(
    private readonly kdf: Kdf,
    private readonly ciphers: Ciphers,
    private readonly cipher: CipherName,
    first: Uint8Array,
  ) {
    this.salt = kdf.digest('sha256', first);
    this.current = new Uint8Array(first);
  }

  /** The key that the chain stands at. */
  key(): SealKey {
    return this.ciphers.key(this.cipher, this.current);
  }

  /** Goes on to the next key. */
  advance(): void {
    const prk = this.kdf.extract('sha256', this.salt, this.current);
    this.current.fill(0);
    this.current = this.kdf.expand('sha256', prk, INFO, KEY_LENGTH);
    prk.fill(0);
  }

  destroy(): void {
    this.current.fill(0);
    this.salt.fill(0);
  }
}
