import type { CryptoSuite } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { changeKeysOften, checkBadPath } from '../spec/bad-path.spec.js';

let suite: CryptoSuite;
beforeAll(async () => {
  suite = await loadCrypto();
});

describe('our profile, many times over', () => {
  it('opens all that bad paths let through, 2000 seeds', () => {
    for (let seed = 1001; seed <= 3000; seed += 1) checkBadPath(suite, seed);
  });

  it('loses none of ten million packets to its key changes', () => {
    expect(changeKeysOften(suite, 10_000_000)).toBeGreaterThanOrEqual(250);
  });
});
