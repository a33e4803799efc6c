import fc from 'fast-check';
import { MAX_ORIGINS, Origins } from './origins.js';

describe('packets that came already', () => {
  it('are told by origin and number, in whatever order they come', () => {
    const numbers = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 5000 })));
    fc.assert(
      fc.property(numbers, (packets) => {
        const origins = new Origins();
        const seen = new Set<string>();
        for (const [high, low, number] of packets) {
          const key = `${high} ${low} ${number}`;
          expect(origins.isNew(high, low, number)).toBe(!seen.has(key));
          seen.add(key);
        }
        expect(origins.size).toBe(new Set(packets.map(([high, low]) => `${high} ${low}`)).size);
      }),
    );
  });

  it('are taken for known when they are older than the window', () => {
    const origins = new Origins();
    expect(origins.isNew(1, 2, 0xffffffff)).toBe(true);
    expect(origins.isNew(1, 2, 0xffffffff - 8159)).toBe(true);
    expect(origins.isNew(1, 2, 0xffffffff - 8160)).toBe(false);
  });

  it('are forgotten with the origin that was silent longest, so that memory is bounded', () => {
    const origins = new Origins();
    for (let low = 0; low < 3 * MAX_ORIGINS; low += 1) {
      expect(origins.isNew(0, low * 0x10001, low)).toBe(true);
      expect(origins.isNew(0, 0, low)).toBe(low > 0);
    }
    expect(origins.size).toBe(MAX_ORIGINS);
    expect(origins.isNew(0, 0, 3 * MAX_ORIGINS - 1)).toBe(false);
    expect(origins.isNew(0, 0x10001, 1)).toBe(true);
  });

  it('are forgotten one by one where origins share their low half', () => {
    const origins = new Origins(3);
    for (const high of [1, 2, 3]) expect(origins.isNew(high, 7, 0)).toBe(true);
    expect(origins.isNew(1, 7, 0)).toBe(false);
    expect(origins.isNew(4, 7, 0)).toBe(true);
    expect([1, 3, 4].map((high) => origins.isNew(high, 7, 0))).toEqual([false, false, false]);
    expect(origins.isNew(2, 7, 0)).toBe(true);
  });
});
