import { compare } from './guard.js';

const BASE = [100, 100, 100, 100, 100, 100, 100];

describe('the guard', () => {
  const isSlower = (now: readonly number[]): boolean => compare('row', [BASE, now]).slower;

  it('fails a row that is much slower in nearly all pairs', () => {
    expect(isSlower([70, 70, 70, 70, 70, 70, 70])).toBe(true);
    expect(isSlower([70, 70, 70, 70, 70, 70, 200])).toBe(true);
  });

  it('lets pass what is slower in few pairs, or by little', () => {
    expect(isSlower([70, 70, 70, 70, 70, 200, 200])).toBe(false);
    expect(isSlower([76, 76, 76, 76, 76, 76, 76])).toBe(false);
  });

  it('says what it saw', () => {
    expect(compare('row', [BASE, [70, 71, 72, 73, 74, 74, 200]]).text).toBe(
      'row: 0.73 (0.70..2.00) of the base, 6 of 7 pairs slower: TOO SLOW',
    );
  });

  it('compares nothing when pairs are missing', () => {
    expect(compare('row', [BASE, [1, 1]])).toEqual({
      slower: false,
      text: 'row: not compared, 2 of 7 pairs were measured',
    });
  });
});
