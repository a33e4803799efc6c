import fc from 'fast-check';
import { BoundedSeries } from './bounded-series.js';

const one = (key: number, ...counts: number[]) => ({ key, counts });

describe('a bounded number of series', () => {
  it('shows the first ones for as long as they live, and adds the others up', () => {
    const series = new BoundedSeries<number>(2);
    const first = series.arrange([one(1, 10), one(2, 20), one(3, 30), one(4, 40)]);
    expect([first.shown.map(({ key }) => key), first.otherCounts]).toEqual([[1, 2], [70]]);
    const second = series.arrange([one(1, 11), one(2, 20), one(3, 35), one(4, 40)]);
    expect([second.shown.map(({ key }) => key), second.otherCounts]).toEqual([[1, 2], [75]]);
    const third = series.arrange([one(2, 20), one(3, 36), one(4, 41)]);
    expect([third.shown.map(({ key }) => key), third.otherCounts]).toEqual([[2, 3], [76]]);
    expect(third.others).toEqual([one(4, 41)]);
  });

  it('never shows more than it may, and what it adds up never falls', () => {
    const living = fc.array(fc.record({ key: fc.nat(20), count: fc.nat(1000) }));
    fc.assert(
      fc.property(fc.array(living), (rounds) => {
        const series = new BoundedSeries<number>(3);
        let before = 0;
        for (const round of rounds) {
          const unique = new Map(round.map(({ key, count }) => [key, one(key, count)]));
          const { shown, others, otherCounts } = series.arrange([...unique.values()]);
          expect(shown.length).toBe(Math.min(3, unique.size));
          expect(shown.length + others.length).toBe(unique.size);
          expect(otherCounts[0] ?? 0).toBeGreaterThanOrEqual(before);
          before = otherCounts[0] ?? 0;
        }
      }),
    );
  });
});
