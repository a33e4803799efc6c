import { Slots } from './slots.js';

describe('slots', () => {
  it('are given in order, no more than there are, and given back by who fails', async () => {
    const slots = new Slots(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const work = (i: number): Promise<number> => {
      begun.push(i);
      return new Promise((resolve, reject) => ends.push(i === 0 ? () => reject(new Error('no')) : () => resolve(i)));
    };
    const all = Promise.allSettled([0, 1, 2, 3].map((i) => slots.run('a', () => work(i))));
    await Promise.resolve();
    expect(await slots.run('b', () => Promise.resolve('at once'))).toBe('at once');
    expect(begun).toEqual([0, 1]);
    for (let i = 0; i < 4; i += 1) {
      ends[i]!();
      await new Promise((resolve) => setImmediate(resolve));
      expect(begun).toHaveLength(Math.min(4, i + 3));
    }
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  });
});
