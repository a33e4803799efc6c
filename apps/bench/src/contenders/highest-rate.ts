/** What a rate was tried with. */
export interface Attempt {
  readonly sentPerS: number;
  readonly lostPercent: number;
}

const LOSS_LIMIT_PERCENT = 1;
const FIRST_RATE = 20_000;
/** The search is over when the highest good rate and the lowest bad one are this near. */
const NEAR = 1.05;
/** A rate is bad when it fails so often; less may be the fault of whatever else ran just then. */
const TRIES = 3;

/**
 * The highest rate (packets/s) of which at most 1 % is lost, to within 5 %, or one that the sender does not reach by far. Looked for from below: what queues
 * without bound must not be flooded only to find it.
 */
export async function highestRate(attempt: (rate: number) => Promise<Attempt>): Promise<number> {
  let good = 0;
  let bad = Infinity;
  while (bad > good * NEAR) {
    const rate = next(good, bad);
    const { lostPercent, sentPerS } = await bestOf(attempt, rate);
    if (lostPercent > LOSS_LIMIT_PERCENT) bad = rate;
    else if (sentPerS < rate / 2) return rate;
    else good = rate;
    if (bad < 1) throw new Error('more than 1 % is lost at every rate');
  }
  return good;
}

function next(good: number, bad: number): number {
  if (bad === Infinity) return good === 0 ? FIRST_RATE : good * 2;
  return good === 0 ? bad / 2 : Math.sqrt(good * bad);
}

/** The first attempt that is good, or the last. */
async function bestOf(attempt: (rate: number) => Promise<Attempt>, rate: number): Promise<Attempt> {
  for (let i = 1; i < TRIES; i += 1) {
    const result = await attempt(rate);
    if (result.lostPercent <= LOSS_LIMIT_PERCENT) return result;
  }
  return attempt(rate);
}
