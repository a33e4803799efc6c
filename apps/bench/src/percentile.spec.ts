import { percentile } from './percentile.js';

describe('a percentile', () => {
  it('is the sample of the nearest rank, whatever the order of the samples', () => {
    const samples = [15, 50, 20, 40, 35];
    expect(percentile(samples, 5)).toBe(15);
    expect(percentile(samples, 30)).toBe(20);
    expect(percentile(samples, 40)).toBe(20);
    expect(percentile(samples, 50)).toBe(35);
    expect(percentile(samples, 100)).toBe(50);
  });

  it('of nothing is no number', () => {
    expect(percentile([], 50)).toBeNaN();
  });
});
