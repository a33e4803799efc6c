import { HASH_LENGTH, toHex, type HashAlgorithm } from '@ouroboros/model';
import { NodeHash } from './hash.js';

const ABC = new TextEncoder().encode('abc');

/** Digests of `abc` as FIPS 180-4, FIPS 202 and RFC 1321 give them. */
const VECTORS: Readonly<Record<HashAlgorithm | 'SHA384', string>> = {
  SHA3_224: 'e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf',
  SHA3_256: '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
  SHA3_384: 'ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25',
  SHA3_512:
    'b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0',
  MD5: '900150983cd24fb0d6963f7d28e17f72',
  SHA384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
};

describe('NodeHash', () => {
  const hash = new NodeHash();

  it.each(Object.entries(VECTORS))('computes the standard’s vector of %s', (algorithm, digest) => {
    expect(toHex(hash.digest(algorithm as HashAlgorithm, ABC))).toBe(digest);
  });

  it.each(Object.entries(HASH_LENGTH))('gives %s its %i bytes in an array of its own', (algorithm, length) => {
    const first = hash.digest(algorithm as HashAlgorithm, ABC);
    expect(first).toHaveLength(length);
    expect(first.buffer.byteLength).toBe(length);
    first.fill(0);
    expect(hash.digest(algorithm as HashAlgorithm, ABC)).not.toEqual(first);
  });
});
