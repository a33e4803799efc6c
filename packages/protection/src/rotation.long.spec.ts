import type { CryptoSuite } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { CONDITIONS, lostKeys, robust, robustToC } from '../spec/rotation.spec.js';

let suite: CryptoSuite;
beforeAll(async () => {
  suite = await loadCrypto();
});

const SEEDS = Array.from({ length: 10 }, (_, i) => 100 + i);

describe('key rotation of profile c, many times over', () => {
  it.each(CONDITIONS)('loses no key, loss %d, delay %d µs, share %d', (...condition) => {
    for (const seed of SEEDS) {
      expect({ seed, lost: lostKeys(suite, robustToC, condition, seed) }).toEqual({ seed, lost: 0 });
      expect({ seed, lost: lostKeys(suite, robust, condition, seed) }).toEqual({ seed, lost: 0 });
    }
  });
});
