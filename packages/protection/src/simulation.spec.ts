import type { CryptoSuite } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { changeKeysOften, checkBadPath } from '../spec/bad-path.spec.js';

let suite: CryptoSuite;
beforeAll(async () => {
  suite = await loadCrypto();
});

describe('our profile', () => {
  it.each(Array.from({ length: 200 }, (_, i) => i + 1))('opens all that a bad path lets through, seed %i', (seed) => {
    checkBadPath(suite, seed);
  });

  it('loses no packet to its key changes', () => {
    expect(changeKeysOften(suite, 400_000)).toBeGreaterThanOrEqual(10);
  });
});
