import fc from 'fast-check';
import { PacketCopier } from './packet-copier.js';

describe('a packet copier', () => {
  it('copies exactly what it is asked to, at any position and length, from any buffer', () => {
    const target = new Uint8Array(1_500);
    const copier = new PacketCopier(target);
    const memory = new Uint8Array(2_000).map((_, i) => i * 7 + 1);
    const sources = [memory, new Uint8Array(memory.buffer, 1), new Uint8Array(memory.buffer, 4, 1_700)];
    const length = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 200, max: 300 }), fc.nat(1_000));
    fc.assert(
      fc.property(fc.nat(2), fc.nat(400), fc.nat(400), length, (from, at, offset, count) => {
        const source = sources[from]!;
        const expected = target.slice();
        expected.set(source.slice(offset, offset + count), at);
        copier.copy(at, source, offset, count);
        expect(Buffer.compare(target, expected)).toBe(0);
        target.fill(0);
      }),
      { numRuns: 500 },
    );
  });

  it('sees what is written into a buffer after the first copy', () => {
    const target = new Uint8Array(8);
    const copier = new PacketCopier(target);
    const source = Uint8Array.of(1, 2, 3, 4);
    copier.copy(0, source, 0, 4);
    source[0] = 9;
    copier.copy(4, source, 0, 4);
    expect([...target]).toEqual([1, 2, 3, 4, 9, 2, 3, 4]);
  });
});
