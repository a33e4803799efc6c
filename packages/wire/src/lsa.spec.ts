import { fromHex } from '@ouroboros/model';
import { expectGolden, reasonOf } from '../test/golden.js';
import { decodeLsa, encodeLsa } from './lsa.js';

const EXAMPLE = '0000000011223344000000000a0b0c0d0000000000000007';

describe('link-state announcements', () => {
  it('match the worked example both ways', () =>
    expectGolden(EXAMPLE, { destination: 0x11223344, source: 0x0a0b0c0d, sequence: 7n }, decodeLsa, encodeLsa));

  it('keep 64-bit sequence numbers', () =>
    expectGolden(
      `0000000000000001 00000000ffffffff ffffffffffffffff`,
      { destination: 1, source: 0xffffffff, sequence: 2n ** 64n - 1n },
      decodeLsa,
      encodeLsa,
    ));

  it('are refused with every other length, and with addresses of more than 32 bits', () => {
    const bytes = new Uint8Array(60);
    for (let length = 0; length <= 60; length += 1) {
      const expected = length === 24 ? 'accepted' : 'bad-length';
      expect(reasonOf(decodeLsa(bytes.subarray(0, length)))).toBe(expected);
    }
    const wide = fromHex(EXAMPLE);
    wide[3] = 1;
    expect(reasonOf(decodeLsa(wide))).toBe('bad-value destination');
    wide[3] = 0;
    wide[8] = 1;
    expect(reasonOf(decodeLsa(wide))).toBe('bad-value source');
    const lsa = { destination: 1, source: -1, sequence: 0n };
    expect(() => encodeLsa(lsa)).toThrow(expect.objectContaining({ field: 'address' }));
  });
});
