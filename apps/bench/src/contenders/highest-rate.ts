const LOSS_LIMIT_PERCENT = 1;
const FIRST_RATE = 20_000;
/** Beyond what a sender of single packets can do. */
const NO_LIMIT = 1_280_000;
/** The search is over when the highest good rate and the lowest bad one are this near. */
const NEAR = 1.05;
/** A rate is bad when it fails so often; less may be the fault of whatever else ran just then. */
const TRIES = 3;

/**
 * The highest rate (packets/s) of which at most 1 % is lost, to within 5 %; `lostPercentAt` tries one. Looked for from below: what queues without bound
 * must not be flooded only to find it.
 */
export async function highestRate(lostPercentAt: (rate: number) => Promise<number>): Promise<number> {
  const isGood = async (rate: number): Promise<boolean> => {
    for (let i = 0; i < TRIES; i += 1) if ((await lostPercentAt(rate)) <= LOSS_LIMIT_PERCENT) return true;
    return false;
  };
  let good = 0;
  let bad = Infinity;
  while (bad > good * NEAR && good < NO_LIMIT) {
    const rate = next(good, bad);
    if (await isGood(rate)) good = rate;
    else bad = rate;
    if (bad < 1) throw new Error('more than 1 % is lost at every rate');
  }
  return good;
}

function next(good: number, bad: number): number {
  if (bad === Infinity) return good === 0 ? FIRST_RATE : good * 2;
  return good === 0 ? bad / 2 : Math.sqrt(good * bad);
}
