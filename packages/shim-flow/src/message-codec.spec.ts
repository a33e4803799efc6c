import fc from 'fast-check';
import { QOS_RAW, fromHex, toHex } from '@ouroboros/model';
import { decodeShimMessage, encodeShimMessage, type ShimMessage } from './index.js';

const hash = new Uint8Array(16).fill(0xaa);
const data = Uint8Array.of(1, 2, 3);

const MESSAGES: readonly (readonly [ShimMessage, string])[] = [
  [
    { kind: 'request', requester: 64, qos: QOS_RAW, hash, data },
    `01 00000040 0000000000000000 ffffffff 00000001 00000001 ffffffff 0001d4c0 00 00 ${'aa'.repeat(16)} 010203`,
  ],
  [{ kind: 'reply', requester: 64, responder: 65, response: -1008, data }, '02 00000040 00000041 fffffc10 010203'],
  [{ kind: 'dealloc', from: 65, to: 64 }, '03 00000041 00000040'],
];

describe('the words of the handshake as bytes', () => {
  it.each(MESSAGES)('are there and back the same', (message, hex) => {
    const bytes = encodeShimMessage(message);
    expect(toHex(bytes)).toBe(toHex(fromHex(hex)));
    expect(decodeShimMessage(bytes, 16)).toEqual({ ok: true, value: message });
  });

  it.each(MESSAGES)('are refused when they are cut', (message) => {
    const bytes = encodeShimMessage(message);
    const fixed = 'data' in message ? bytes.length - data.length : bytes.length;
    for (let length = 0; length < fixed; length += 1) {
      expect(decodeShimMessage(bytes.subarray(0, length), 16).ok).toBe(false);
    }
  });

  it('never throw, whatever arrives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const decoded = decodeShimMessage(bytes, 32);
        if (decoded.ok) expect(encodeShimMessage(decoded.value).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
