import type { CipherName, CryptoSuite } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { attack } from '../spec/hostile.spec.js';

let suite: CryptoSuite;
beforeAll(async () => {
  suite = await loadCrypto();
});

describe('hostile packets', () => {
  it.each<['c' | 'o7s', CipherName]>([
    ['o7s', 'chacha20-poly1305'],
    ['c', 'aes-256-gcm'],
    ['c', 'aes-128-ctr'],
  ])('are counted, bounded and change nothing, profile %s with %s', (profile, cipher) => {
    for (let seed = 1; seed <= 12; seed += 1) attack(suite, profile, cipher, seed, 500);
  });
});
