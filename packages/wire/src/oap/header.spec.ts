import { createHash, verify, X509Certificate } from 'node:crypto';
import { fromHex, toHex } from '@ouroboros/model';
import { expectGolden, OAP_REQUEST, OAP_RESPONSE, reasonOf, valueOf, withoutUndefined } from '../../test/golden.js';
import type { Decoded } from '../decoded.js';
import { OAP_DIGESTS, requestHashLength } from './algorithms.js';
import { decodeOap, encodeOap, oapSignedRegion, type DecodedOap, type OapMessage } from './header.js';

const NOTHING = new Uint8Array(0);
const plain: OapMessage = {
  id: fromHex('000102030405060708090a0b0c0d0e0f'),
  timestampNs: 1700000000123456789n,
  cipherNid: 0,
  kdfNid: 0,
  mdNid: 0,
  certificate: NOTHING,
  kex: NOTHING,
  kexRaw: false,
  kexClientEncapsulates: false,
  data: NOTHING,
  requestHash: NOTHING,
  signature: NOTHING,
};

/** Decodes without the derived length. */
const decodeWith =
  (hashLength: number) =>
  (bytes: Uint8Array): Decoded<OapMessage> => {
    const decoded = decodeOap(bytes, hashLength);
    if (!decoded.ok) return decoded;
    const { signedLength, ...message }: DecodedOap = decoded.value;
    expect(signedLength).toBe(bytes.length - message.signature.length);
    return { ok: true, value: message };
  };

/** Request (c) of the examples: X25519, AES-256-GCM, SHA-256. */
const KEYED = `000102030405060708090a0b0c0d0e0f 17979cfe3d85cd15 0385 02a0 02a0 0000 002c 0000
  302a300506032b656e032100a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209`;

/** Response (g) of the examples: authenticated by a P-256 certificate for the name `oping`. */
const SIGNED = `
  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
  17 97 9c fe 3d d2 18 55 03 85 02 a0 02 a0 01 10
  00 2c 00 00 30 82 01 0c 30 81 b3 a0 03 02 01 02
  02 01 01 30 0a 06 08 2a 86 48 ce 3d 04 03 02 30
  10 31 0e 30 0c 06 03 55 04 03 0c 05 6f 70 69 6e
  67 30 1e 17 0d 32 33 30 31 30 31 30 30 30 30 30
  30 5a 17 0d 34 33 30 31 30 31 30 30 30 30 30 30
  5a 30 10 31 0e 30 0c 06 03 55 04 03 0c 05 6f 70
  69 6e 67 30 59 30 13 06 07 2a 86 48 ce 3d 02 01
  06 08 2a 86 48 ce 3d 03 01 07 03 42 00 04 59 1a
  b7 71 eb bc fd 6d 9c b9 09 4d 10 65 28 ad d1 a6
  9d 44 c2 c1 f6 27 f0 89 ec 58 b9 c6 1a df 9f 4e
  6a bf 0d 04 5c 0c 69 3a 3c 68 ad 7c 97 ca 72 be
  64 de f4 a2 6f ec d2 63 dd 98 a9 27 80 f0 30 0a
  06 08 2a 86 48 ce 3d 04 03 02 03 48 00 30 45 02
  21 00 85 3b ef f6 e7 82 0b 01 54 bc b7 c9 c4 4f
  d7 90 fa 77 b1 04 2a 50 21 f4 78 82 7a 3f e7 fd
  98 7a 02 20 4c af 1f 13 ee 81 ee 16 62 f3 6e 66
  08 68 b6 4b ef ce 16 62 a4 b0 37 48 1a 61 38 f0
  bc 08 80 5b 30 2a 30 05 06 03 2b 65 6e 03 21 00
  ce 8d 3a d1 cc b6 33 ec 7b 70 c1 78 14 a5 c7 6e
  cd 02 96 85 05 0d 34 47 45 ba 05 87 0e 58 7d 59
  1c 05 0e 1c 90 9b 33 11 38 c8 d8 c5 c3 d4 32 0d
  c1 2b aa dd 0a 06 dc 3c 02 39 e2 f5 da 12 85 a1
  30 45 02 21 00 cb 5a ac 1a 0a 2f 39 af 27 00 36
  90 c6 a2 9a ea 53 3c 33 2b 76 44 bf de 7b f8 18
  84 de 1b 93 12 02 20 2a e4 ff 77 21 9d 2b fc eb
  d7 26 6d 2f 45 38 40 34 91 b6 c3 ed 88 97 14 2c
  7b a8 3d c9 68 28 62`;

describe('OAP messages', () => {
  it('match the worked example of an unconfigured request both ways', () =>
    expectGolden(OAP_REQUEST, plain, decodeWith(0), encodeOap));

  it('match the worked example of an unconfigured response both ways', () => {
    const requestHash = new Uint8Array(createHash('sha384').update(fromHex(OAP_REQUEST)).digest());
    const response = { ...plain, timestampNs: 1700000000128456789n, requestHash };
    expectGolden(OAP_RESPONSE, response, decodeWith(48), encodeOap);
  });

  it('match the worked example of a request with key exchange both ways', () =>
    expectGolden(
      KEYED,
      { ...plain, cipherNid: 901, kdfNid: 672, mdNid: 672, kex: fromHex(KEYED).slice(36) },
      decodeWith(0),
      encodeOap,
    ));

  it('match the worked example of an authenticated response, whose signature verifies over the signed region', () => {
    const bytes = fromHex(SIGNED);
    const message = valueOf(decodeOap(bytes, 32));
    expect(toHex(encodeOap(message))).toBe(toHex(bytes));
    expect([message.certificate.length, message.kex.length, message.signature.length]).toEqual([272, 44, 71]);
    expect(message.signedLength).toBe(384);
    const { publicKey } = new X509Certificate(message.certificate);
    expect(verify('sha256', oapSignedRegion(message), publicKey, message.signature)).toBe(true);
    expect(toHex(message.requestHash)).toBe(createHash('sha256').update(fromHex(KEYED)).digest('hex'));
  });

  it('carry all parts in order, and the signature covers everything before it', () => {
    const message: OapMessage = {
      ...plain,
      mdNid: 673,
      certificate: fromHex('c1c2'),
      kex: fromHex('e1'),
      kexRaw: true,
      kexClientEncapsulates: true,
      data: fromHex('d1d2d3'),
      requestHash: new Uint8Array(48).fill(0xaa),
      signature: fromHex('5151'),
    };
    const bytes = encodeOap(message);
    expect(toHex(bytes.subarray(28, 36))).toBe('02a10002c0010003');
    expect(toHex(bytes.subarray(36))).toBe(`c1c2e1d1d2d3${'aa'.repeat(48)}5151`);
    expect(withoutUndefined(valueOf(decodeWith(48)(bytes)))).toEqual(message);
    expect(toHex(oapSignedRegion(message))).toBe(toHex(bytes.subarray(0, bytes.length - 2)));
  });

  it('are refused when cut anywhere', () => {
    for (const [hex, hashLength] of [
      [OAP_REQUEST, 0],
      [OAP_RESPONSE, 48],
      [KEYED, 0],
    ] as const) {
      const bytes = fromHex(hex);
      for (let length = 0; length < bytes.length; length += 1) {
        expect(reasonOf(decodeOap(bytes.subarray(0, length), hashLength))).toBe('too-short');
      }
    }
  });

  it('are refused with bytes behind a message that has no certificate', () => {
    expect(reasonOf(decodeOap(fromHex(`${OAP_REQUEST} 00`), 0))).toBe('too-long signature');
    expect(() => encodeOap({ ...plain, signature: fromHex('00') })).toThrow(
      expect.objectContaining({ field: 'signature' }),
    );
  });

  it('are refused with algorithm numbers that are not in the tables', () => {
    const cases = [
      [24, 'cipherNid'],
      [26, 'kdfNid'],
      [28, 'mdNid'],
    ] as const;
    for (const [at, field] of cases) {
      const bytes = fromHex(OAP_REQUEST);
      bytes[at + 1] = 1;
      expect(reasonOf(decodeOap(bytes, 0))).toBe(`bad-value ${field}`);
    }
  });

  it('are not encoded with parts that the header cannot describe', () => {
    expect(() => encodeOap({ ...plain, id: NOTHING })).toThrow(expect.objectContaining({ field: 'id' }));
    expect(() => encodeOap({ ...plain, kex: new Uint8Array(0x4000) })).toThrow(
      expect.objectContaining({ field: 'kex' }),
    );
    expect(() => encodeOap({ ...plain, data: new Uint8Array(0x10000) })).toThrow(
      expect.objectContaining({ field: 'dataLength' }),
    );
  });
});

describe('the length of the request hash', () => {
  it('is that of the digest, 48 without one, and unknown for other numbers', () => {
    for (const digest of OAP_DIGESTS) expect(requestHashLength(digest.nid)).toBe(digest.length);
    expect([requestHashLength(0), requestHashLength(901)]).toEqual([48, undefined]);
  });
});
