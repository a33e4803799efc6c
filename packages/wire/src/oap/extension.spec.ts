import fc from 'fast-check';
import { fromHex } from '@ouroboros/model';
import { expectGolden, reasonOf, valueOf, withoutUndefined } from '../../test/golden.js';
import { decodeOapExtension, encodeOapExtension, OapFeature, type OapExtension } from './extension.js';

const golden = (hex: string, value: OapExtension): void =>
  expectGolden(hex, value, decodeOapExtension, encodeOapExtension);
const HEAD = '4f375453 01';
const decodeHex = (hex: string): string => reasonOf(decodeOapExtension(fromHex(hex)));

describe('OAP extensions', () => {
  it('stand behind magic and version as TLVs in order of type', () => {
    golden(`${HEAD} 01 0004 00000003`, { features: OapFeature.DEALLOC_MESSAGE | OapFeature.REFUSAL_REASON });
    golden(`${HEAD} 01 0004 00000001 02 0004 00002328 03 0002 aabb 04 0003 010203 05 0006 fffffc11 6e6f 06 0002 02cc`, {
      features: 1,
      largestPacket: 9000,
      kemShare: fromHex('aabb'),
      nonce: fromHex('010203'),
      refusal: { error: -1007, text: 'no' },
      wantedKex: 716,
    });
  });

  it('are absent where the magic is', () => {
    for (const hex of ['', '4f', '4f375453', '4f375454 01', '00'.repeat(40)]) expect(decodeHex(hex)).toBe('absent');
  });

  it('may be empty, and unknown types are skipped', () => {
    expect(valueOf(decodeOapExtension(fromHex(HEAD)))).toEqual({ features: 0 });
    const bytes = fromHex(`${HEAD} 00 0000 c8 0003 010203 01 0004 00000002 ff 0001 00`);
    expect(valueOf(decodeOapExtension(bytes))).toEqual({ features: 2 });
  });

  it('are refused as a whole when any part is malformed', () => {
    expect(decodeHex('4f375453 02 01 0004 00000001')).toBe('bad-value version');
    expect(decodeHex(`${HEAD} 01`)).toBe('malformed');
    expect(decodeHex(`${HEAD} 01 0004 000000`)).toBe('malformed');
    expect(decodeHex(`${HEAD} c8 ffff 00`)).toBe('malformed');
    expect(decodeHex(`${HEAD} 01 0004 00000001 01 0004 00000001`)).toBe('malformed');
    expect(decodeHex(`${HEAD} 01 0003 000001`)).toBe('bad-length features');
    expect(decodeHex(`${HEAD} 02 0005 0000000001`)).toBe('bad-length largestPacket');
    expect(decodeHex(`${HEAD} 06 0003 000000`)).toBe('bad-length wantedKex');
    expect(decodeHex(`${HEAD} 05 0003 000000`)).toBe('malformed refusal');
    expect(decodeHex(`${HEAD} 05 0006 00000000 ff fe`)).toBe('malformed refusal');
    expect(decodeHex(`${HEAD} 05 0104 00000000 ${'61'.repeat(256)}`)).toBe('malformed refusal');
    expect(decodeHex(`${HEAD} 05 0103 00000000 ${'61'.repeat(255)}`)).toBe('accepted');
  });

  it('cut a long reason between two characters', () => {
    for (const [char, bytes] of [
      ['a', 255],
      ['é', 254],
      ['€', 255],
      ['😀', 252],
    ] as const) {
      const { refusal } = valueOf(
        decodeOapExtension(encodeOapExtension({ features: 0, refusal: { error: -1, text: char.repeat(300) } })),
      );
      expect(Buffer.byteLength(refusal!.text)).toBe(bytes);
      expect(refusal!.text.replaceAll(char, '')).toBe('');
    }
  });

  it('are not encoded with values that do not fit', () => {
    const bad: readonly OapExtension[] = [
      { features: -1 },
      { features: 2 ** 32 },
      { features: 0, largestPacket: 1.5 },
      { features: 0, kemShare: new Uint8Array(65536) },
      { features: 0, refusal: { error: 2 ** 31, text: '' } },
      { features: 0, wantedKex: 65536 },
    ];
    for (const extension of bad)
      expect(() => encodeOapExtension(extension)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('decode to what was encoded', () => {
    const u32 = fc.nat({ max: 0xffffffff });
    const optional = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arb, { nil: undefined });
    const refusal = fc.record({
      error: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      text: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => Buffer.byteLength(text) <= 255),
    });
    const extension = fc.record({
      features: u32,
      largestPacket: optional(u32),
      kemShare: optional(fc.uint8Array()),
      nonce: optional(fc.uint8Array()),
      refusal: optional(refusal),
      wantedKex: optional(fc.nat({ max: 0xffff })),
    });
    fc.assert(
      fc.property(extension, (value) => {
        expect(withoutUndefined(valueOf(decodeOapExtension(encodeOapExtension(value))))).toEqual(
          withoutUndefined(value),
        );
      }),
    );
  });
});
