import { highestRate } from './highest-rate.js';

/** Loses what is beyond its capacity. */
const link =
  (capacity: number, tried: number[] = []) =>
  (rate: number): Promise<number> => {
    tried.push(rate);
    return Promise.resolve(Math.max(0, 100 * (1 - capacity / rate)));
  };

describe('the highest rate of which at most 1 % is lost', () => {
  it.each([700, 19_000, 46_000, 350_000])(
    'of a link that carries %d packets/s is found within 5 %%',
    async (capacity) => {
      const rate = await highestRate(link(capacity));
      expect(rate).toBeGreaterThan(capacity / 1.05);
      expect(rate).toBeLessThanOrEqual(capacity / 0.99);
    },
  );

  it('is looked for without ever sending more than twice what arrives', async () => {
    const tried: number[] = [];
    await highestRate(link(50_000, tried));
    expect(Math.max(...tried)).toBeLessThanOrEqual(100_000);
  });

  it('is not lowered by a loss that is not seen again', async () => {
    let calls = 0;
    const rate = await highestRate((wanted) => ((calls += 1) % 3 === 0 ? Promise.resolve(50) : link(100_000)(wanted)));
    expect(rate).toBeGreaterThan(95_000);
  });

  it('of a link without loss is more than any sender reaches', async () => {
    expect(await highestRate(() => Promise.resolve(0))).toBeGreaterThan(1_000_000);
  });

  it('of a link that loses everything is an error', async () => {
    await expect(highestRate(() => Promise.resolve(100))).rejects.toThrow('every rate');
  });
});
