import fc from 'fast-check';
import { fromHex, QOS_RAW } from '@ouroboros/model';
import { expectGolden, OPING_SHA3, reasonOf, valueOf } from '../test/golden.js';
import { decodeFa, encodeFa, type FaMessage } from './fa-message.js';

const HASH = 32;
const NOTHING = new Uint8Array(0);
const golden = (hex: string, value: FaMessage): void =>
  expectGolden(hex, value, (bytes) => decodeFa(bytes, HASH), encodeFa);
const sEid = 0xdeadbeef00000040n;
const rEid = 0xcafebabe00000041n;

const REQ =
  '00000000112233440000000000000000deadbeef00000040000000000000000000000000ffffffff0000000100000001ffffffff0001d4c0000000000042dee3b0415b4f690fd91cbd99876f1e9bd8d9745ef7fa32b142773af0349d54';
const REPLY = `0000000000000000deadbeef00000040cafebabe00000041${'00'.repeat(34)}010000`;

describe('flow allocator messages of the control-plane examples', () => {
  it('encode and decode a request', () =>
    golden(REQ, { kind: 'request', sAddr: 0x11223344, sEid, qos: QOS_RAW, hash: OPING_SHA3, data: NOTHING }));
  it('encode and decode an accepting reply', () =>
    golden(REPLY, { kind: 'reply', rEid: sEid, sEid: rEid, response: 0, data: NOTHING }));
  it('encode and decode a refusing reply', () =>
    golden(
      '0000000000000000deadbeef00000040cafebabe000000410000000000000000fffffc1800000000000000000000000000000000000000000000010000',
      { kind: 'reply', rEid: sEid, sEid: rEid, response: -1000, data: NOTHING },
    ));
  it('encode and decode an update', () =>
    golden(
      '0000000000000000deadbeef00000040000000000000000000000000000000000000000000000000000000000000000000000000000000000005020000',
      { kind: 'update', rEid: sEid, ece: 5 },
    ));
});

describe('flow allocator messages', () => {
  it('carry our deallocation as 61 bytes with code 128', () =>
    golden(`0000000000000000 1122334400000040 ${'00'.repeat(16)} fffffc13 ${'00'.repeat(22)} 80 0000`, {
      kind: 'dealloc',
      rEid: 0x1122334400000040n,
      response: -1005,
    }));

  it('carry our echo and its reply as 61 bytes with codes 129 and 130, and the cube', () => {
    const number = 0x1122334455667788n;
    golden(`000000000a0b0c0d ${'00'.repeat(8)} 1122334455667788 ${'00'.repeat(34)} 81 02 00`, {
      kind: 'echo',
      sAddr: 0x0a0b0c0d,
      number,
      cube: 2,
    });
    golden(`${'00'.repeat(8)} 1122334455667788 ${'00'.repeat(42)} 82 01 00`, { kind: 'echo-reply', number, cube: 1 });
    const strange = encodeFa({ kind: 'echo-reply', number, cube: 1 });
    strange[59] = 9;
    expect(valueOf(decodeFa(strange, HASH))).toEqual({ kind: 'echo-reply', number, cube: 0 });
  });

  it('give unknown codes as a value', () => {
    for (const code of [3, 127, 131, 255]) {
      const bytes = fromHex(REPLY);
      bytes[58] = code;
      expect(valueOf(decodeFa(bytes, HASH))).toEqual({ kind: 'unknown', code });
    }
  });

  it('are refused when too short, too long, with a cut hash, or from an address of more than 32 bits', () => {
    const request = fromHex(REQ);
    expect(reasonOf(decodeFa(request.subarray(0, 60), HASH))).toBe('too-short');
    expect(reasonOf(decodeFa(request.subarray(0, 92), HASH))).toBe('too-short hash');
    expect(reasonOf(decodeFa(request, 33))).toBe('too-short hash');
    expect(reasonOf(decodeFa(new Uint8Array(2049).fill(1), HASH))).toBe('too-long');
    request[3] = 1;
    expect(reasonOf(decodeFa(request, HASH))).toBe('bad-value sAddr');
  });

  it('are never encoded longer than a receiver takes, nor with a field that does not fit', () => {
    const reply: FaMessage = { kind: 'reply', rEid: 1n, sEid: 2n, response: 0, data: new Uint8Array(1987) };
    expect(encodeFa(reply)).toHaveLength(2048);
    expect(() => encodeFa({ ...reply, data: new Uint8Array(1988) })).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }),
    );
    const request = { kind: 'request', sEid: 1n, qos: QOS_RAW, hash: OPING_SHA3, data: NOTHING } as const;
    expect(() => encodeFa({ ...request, sAddr: 1.5 })).toThrow(expect.objectContaining({ field: 'address' }));
    expect(() => encodeFa({ kind: 'update', rEid: 1n, ece: 65536 })).toThrow(expect.objectContaining({ field: 'ece' }));
    expect(() => encodeFa({ ...reply, rEid: 2n ** 64n })).toThrow(expect.objectContaining({ field: 'rEid' }));
  });

  it('decode to what was encoded, for every EID', () => {
    const eid = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(
        eid,
        eid,
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        fc.uint8Array(),
        (r, s, response, data) => {
          const message: FaMessage = { kind: 'reply', rEid: r, sEid: s, response, data };
          expect(valueOf(decodeFa(encodeFa(message), HASH))).toEqual(message);
        },
      ),
    );
  });
});
