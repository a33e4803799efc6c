import fc from 'fast-check';
import { MAX_SUMMED, fold, sumOf } from './internet-checksum.js';

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

describe('the checksum of the Internet', () => {
  it('is that of the example of RFC 1071', () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(sumOf(viewOf(bytes), 0, 8)).toBe(0xddf2);
  });

  it('is the sum of the words, wherever they are and however many', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, skipped) => {
        const from = Math.min(skipped, bytes.length);
        let sum = 0;
        for (let i = from; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
        expect(sumOf(viewOf(bytes), from, bytes.length)).toBe(fold(sum));
      }),
    );
  });

  it('holds the greatest sum', () => {
    const bytes = new Uint8Array(MAX_SUMMED).fill(0xff);
    expect(sumOf(viewOf(bytes), 0, bytes.length)).toBe(0xffff);
    expect(sumOf(viewOf(bytes), 1, bytes.length)).toBe(fold(0xffff * 32_767 + 0xff00));
  });
});
