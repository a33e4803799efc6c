/** One line per measured number, for whoever reads the output of the specs. */
export function note(what: string, value: string): void {
  process.stdout.write(`  measured: ${what}: ${value}\n`);
}

export const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;

export const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

/** How long an action takes, in ms. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
}

/**
 * The least of several measurements: a time limit says what the daemons can do, and other work on the machine only
 * makes it longer. Stops at the first that keeps the limit.
 */
export async function bestOf(rounds: number, limitMs: number, measure: () => Promise<number>): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < rounds && best >= limitMs; round += 1) best = Math.min(best, await measure());
  return best;
}

export const bestOfThree = (limitMs: number, measure: () => Promise<number>): Promise<number> =>
  bestOf(3, limitMs, measure);
