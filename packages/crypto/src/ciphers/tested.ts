import type { CipherName, Ciphers, SealKey } from '@ouroboros/ports';
import { knowsItsAnswers } from './self-test.js';

/** Each cipher by a fast implementation if that passes its self-test, which takes place at the first key; else by another. */
export class TestedCiphers implements Ciphers {
  private readonly chosen = new Map<CipherName, Ciphers>();

  constructor(
    private readonly fast: Ciphers,
    private readonly portable: Ciphers,
  ) {}

  key(cipher: CipherName, key: Uint8Array): SealKey {
    let chosen = this.chosen.get(cipher);
    if (!chosen) {
      chosen = knowsItsAnswers(this.fast, cipher) ? this.fast : this.portable;
      this.chosen.set(cipher, chosen);
    }
    return chosen.key(cipher, key);
  }
}
