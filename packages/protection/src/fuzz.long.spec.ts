import type { CryptoSuite } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { attack } from '../spec/hostile.spec.js';

let suite: CryptoSuite;
beforeAll(async () => {
  suite = await loadCrypto();
});

describe('a million hostile packets', () => {
  it('are borne by profile o7s', () => {
    for (let seed = 1; seed <= 100; seed += 1) attack(suite, 'o7s', 'chacha20-poly1305', seed, 10_000);
  });

  it('are borne by profile c', () => {
    for (let seed = 1; seed <= 100; seed += 1) attack(suite, 'c', 'chacha20-poly1305', seed, 10_000);
  });
});
