import { highestRate, type Attempt } from './highest-rate.js';

/** Loses what is beyond its capacity. */
const link =
  (capacity: number, tried: number[] = []) =>
  async (rate: number): Promise<Attempt> => {
    tried.push(rate);
    return { sentPerS: rate, lostPercent: Math.max(0, 100 * (1 - capacity / rate)) };
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
    const rate = await highestRate(async (wanted) => {
      const { sentPerS, lostPercent } = await link(100_000)(wanted);
      return { sentPerS, lostPercent: (calls += 1) % 3 === 0 ? 50 : lostPercent };
    });
    expect(rate).toBeGreaterThan(95_000);
  });

  it('of a link that is faster than its sender is more than the sender does', async () => {
    const rate = await highestRate(async (wanted) => ({ sentPerS: Math.min(wanted, 300_000), lostPercent: 0 }));
    expect(rate).toBeGreaterThan(300_000);
  });

  it('of a link that loses everything is an error', async () => {
    await expect(highestRate(async (rate) => ({ sentPerS: rate, lostPercent: 100 }))).rejects.toThrow('every rate');
  });
});
