import { NodeRandom } from './random.js';

describe('NodeRandom', () => {
  const random = new NodeRandom();

  it('gives arrays of their own, which differ', () => {
    const [a, b] = [random.bytes(32), random.bytes(32)];
    expect(a).toHaveLength(32);
    expect(a.buffer).not.toBe(b.buffer);
    expect(a).not.toEqual(b);
    expect(random.bytes(0)).toHaveLength(0);
  });

  it('gives unsigned 32-bit numbers over the whole range, also beyond its pool', () => {
    const words = Array.from({ length: 1000 }, () => random.uint32());
    expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
    expect(new Set(words).size).toBeGreaterThan(990);
    expect(Math.max(...words)).toBeGreaterThan(2 ** 31);
    expect(Math.min(...words)).toBeLessThan(2 ** 31);
  });
});
