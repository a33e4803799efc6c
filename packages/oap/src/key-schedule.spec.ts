import { NodeKdf } from '@ouroboros/crypto';
import { EMPTY_BYTES, fromHex, toHex } from '@ouroboros/model';
import { firstKeyOfC, ownSecret } from './key-schedule.js';

const kdf = new NodeKdf();
/** (c) to (e) of the specification's examples. */
const CLIENT_KEY = fromHex(`302a300506032b656e032100
  a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209`);
const SERVER_KEY = fromHex(`302a300506032b656e032100
  ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59`);
const request = fromHex(
  `000102030405060708090a0b0c0d0e0f 17979cfe3d85cd15 038502a002a00000 002c0000 ${toHex(CLIENT_KEY)}`,
);
const response = fromHex(`000102030405060708090a0b0c0d0e0f 17979cfe3dd21855 038502a002a00000 002c0000
  ${toHex(SERVER_KEY)} 1c050e1c909b331138c8d8c5c3d4320dc12baadd0a06dc3c0239e2f5da1285a1`);
const SECRET = fromHex('2ed76ab549b1e73c031eb49c9448f0798aea81b698279a0c3dc3e49fbfc4b953');
const KEM_SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

describe('The secret of our own profile', () => {
  const own = (kem: Uint8Array, kex = SECRET, req = request, res = response): string =>
    toHex(ownSecret(kdf, 'sha256', kem, kex, { request: req, response: res }));

  // Computed with Python from hmac and hashlib; the first stands in docs/wire-extensions.md.
  it('comes from both exchanges and both messages', () => {
    expect(own(KEM_SECRET)).toBe('ab5e5ec55ae32af770665852f8c73723043956d887feaa4854a5e1b7a95044c5');
    expect(own(EMPTY_BYTES)).toBe('86a60a5f09ab649c89f9c4383bb9d88c7483b0a446c11d10156d25bc061bc0f8');
  });

  it('is another one when anything is', () => {
    const changed = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
    const others = [
      own(changed(KEM_SECRET)),
      own(KEM_SECRET, changed(SECRET)),
      own(KEM_SECRET, SECRET, changed(request)),
      own(KEM_SECRET, SECRET, request, changed(response)),
      own(KEM_SECRET, SECRET, response, request),
    ];
    expect(new Set([own(KEM_SECRET), ...others]).size).toBe(6);
  });
});

describe('The first key of C’s chain', () => {
  const K0 = 'a5b146cdfc0291997f227ff042c3273b6221aeef61febc12efd15e80bf4736f5';
  const first = (publicKeys: readonly Uint8Array[]): string =>
    toHex(firstKeyOfC(kdf, 'sha256', { kex: 'X25519', secret: SECRET, publicKeys }));

  it('is that of the specification, whichever key comes first', () => {
    expect(first([CLIENT_KEY, SERVER_KEY])).toBe(K0);
    expect(first([SERVER_KEY, CLIENT_KEY])).toBe(K0);
  });

  it('puts the shorter of two keys first where one begins like the other', () => {
    const [long, short] = [fromHex('010203'), fromHex('0102')];
    const expected = toHex(
      kdf.expand(
        'sha256',
        kdf.extract('sha256', kdf.digest('sha256', fromHex('0102010203')), SECRET),
        Buffer.from('o7s-ossl-dhe'),
        32,
      ),
    );
    expect([first([long, short]), first([short, long])]).toEqual([expected, expected]);
  });
});
