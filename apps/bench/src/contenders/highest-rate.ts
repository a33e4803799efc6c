export interface Attempt {
  readonly sentPerS: number;
  readonly lostPercent: number;
}

const LOSS_LIMIT_PERCENT = 1;
const FIRST_RATE = 20_000;
/** The search is over when the highest good rate and the lowest bad one are this near. */
const NEAR = 1.05;
/** A sender that stays this far behind what it is told can do no more. */
const AT_ITS_LIMIT = 0.95;

/**
 * The highest rate (packets/s) of which at most 1 % is lost, to within 5 %; from below, as what queues without bound must not be flooded to find it. A rate
 * is bad when it fails twice: one failure may be another program's fault.
 */
export async function highestRate(attempt: (rate: number) => Promise<Attempt>): Promise<number> {
  let good = 0;
  let bad = Infinity;
  while (bad > good * NEAR) {
    if (bad < 1) throw new Error('more than 1 % is lost at every rate');
    const rate = next(good, bad);
    let result = await attempt(rate);
    if (result.lostPercent > LOSS_LIMIT_PERCENT) result = await attempt(rate);
    if (result.lostPercent > LOSS_LIMIT_PERCENT) bad = rate;
    else if (result.sentPerS < rate * AT_ITS_LIMIT) return rate;
    else good = rate;
  }
  return good;
}

function next(good: number, bad: number): number {
  if (bad === Infinity) return good === 0 ? FIRST_RATE : good * 2;
  return good === 0 ? bad / 2 : Math.sqrt(good * bad);
}
