import { hkdfSync } from 'node:crypto';
import { fromHex, toHex } from '@ouroboros/model';
import type { DigestName } from '@ouroboros/ports';
import { DIGEST_LENGTH, NodeKdf } from './kdf.js';

const kdf = new NodeKdf();
const DIGESTS = Object.keys(DIGEST_LENGTH) as DigestName[];

describe('HKDF', () => {
  it('gives test case 1 of RFC 5869', () => {
    const ikm = new Uint8Array(22).fill(0x0b);
    const prk = kdf.extract('sha256', fromHex('000102030405060708090a0b0c'), ikm);
    expect(toHex(prk)).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    expect(toHex(kdf.expand('sha256', prk, fromHex('f0f1f2f3f4f5f6f7f8f9'), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });

  it('gives test case 3 of RFC 5869, without salt and info', () => {
    const prk = kdf.extract('sha256', new Uint8Array(0), new Uint8Array(22).fill(0x0b));
    expect(toHex(kdf.expand('sha256', prk, new Uint8Array(0), 42))).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    );
  });

  it('gives the key of the specification’s example', () => {
    const secret = fromHex('2ed76ab549b1e73c031eb49c9448f0798aea81b698279a0c3dc3e49fbfc4b953');
    const salt = fromHex('26d7287dc4c1978fe92b7f14951dfd928f0aafeffdec3ef2314de06f257afa74');
    const key = kdf.expand('sha256', kdf.extract('sha256', salt, secret), Buffer.from('o7s-ossl-dhe'), 32);
    expect(toHex(key)).toBe('a5b146cdfc0291997f227ff042c3273b6221aeef61febc12efd15e80bf4736f5');
  });

  it.each(DIGESTS)('with %s is that of OpenSSL', (digest) => {
    const [ikm, salt, info] = [fromHex('0102'), fromHex('030405'), fromHex('06')];
    for (const length of [1, 32, 64, 100, 255 * DIGEST_LENGTH[digest]]) {
      const ours = kdf.expand(digest, kdf.extract(digest, salt, ikm), info, length);
      expect(toHex(ours)).toBe(toHex(new Uint8Array(hkdfSync(digest, ikm, salt, info, length))));
    }
    const tooLong = 255 * DIGEST_LENGTH[digest] + 1;
    expect(() => kdf.expand(digest, ikm, info, tooLong)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it.each(DIGESTS)('knows the length of %s', (digest) => {
    expect(kdf.digest(digest, fromHex('616263'))).toHaveLength(DIGEST_LENGTH[digest]);
  });
});
