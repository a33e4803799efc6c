import type { Plan } from './plan.js';
import type { Lengths } from './rows/row.js';
import type { RowResult } from './results.js';
import { spreadOf } from './report/statistics.js';
import { run, type Outcome } from './run.js';
import type { Tree } from './tree.js';

const PAIRS = 7;
const WORSE_PAIRS = 6;
const LEAST_RATIO = 0.75;

/** What is compared, and whether less of it is better. */
const GUARDED: readonly { readonly id: string; readonly figure: string; readonly lessIsBetter: boolean }[] = [
  { id: 'direct/plain/64/one-way', figure: 'packetsPerS', lessIsBetter: false },
  { id: 'unicast/plain/1400/one-way', figure: 'packetsPerS', lessIsBetter: false },
  { id: 'unicast/encrypted/1400/one-way', figure: 'packetsPerS', lessIsBetter: false },
  { id: 'unicast/plain/64/round-trip', figure: 'p50Us', lessIsBetter: true },
  { id: 'unicast/allocation/plain', figure: 'p50Ms', lessIsBetter: true },
];

const LENGTHS: Lengths = {
  oneWayS: 0.8,
  roundTripS: 0.5,
  warmUpS: 0.4,
  roundTripWarmUpS: 0.4,
  allocationsS: 0.4,
  tcpS: 1,
  idleS: 1,
  overloadS: 1,
  bulkBytes: 1,
};

const PLAN: Plan = {
  title: 'guard',
  rounds: PAIRS,
  limitS: Infinity,
  wanted: GUARDED.map(({ id }) => id),
  lengths: LENGTHS,
};
const LIMIT_MS = 300_000;

/** Measures two checkouts in turn, with the rows of this one; exit status 1 when a row became clearly slower. */
export async function guard(base: Tree, tree: Tree, signal: AbortSignal, say: (line: string) => void): Promise<number> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    return compareAll(await run(PLAN, [base, tree], AbortSignal.any([signal, limit]), say));
  } catch (thrown) {
    if (signal.aborted || !limit.aborted) throw thrown;
    process.stdout.write(`nothing is compared: ${PAIRS} pairs take more than ${LIMIT_MS / 60_000} minutes here\n`);
    return 0;
  }
}

function compareAll([before, after]: readonly Outcome[]): number {
  const verdicts = GUARDED.map(({ id, figure, lessIsBetter }) => {
    const [old, now] = [before!.rows, after!.rows].map((rows) => valuesOf(rows, id, figure));
    return compare(id, lessIsBetter ? [now!, old!] : [old!, now!]);
  });
  for (const { text } of verdicts) process.stdout.write(`${text}\n`);
  return verdicts.some(({ slower }) => slower) ? 1 : 0;
}

const valuesOf = (rows: readonly RowResult[], id: string, figure: string): number[] =>
  rows.find((row) => row.id === id)!.measurements.map(({ figures }) => figures[figure]!);

/** Pairs of figures, of which more is better, of the base and of what is compared with it. */
export function compare(
  id: string,
  [base, now]: readonly [readonly number[], readonly number[]],
): { readonly slower: boolean; readonly text: string } {
  const ratios = now.slice(0, base.length).map((value, i) => value / base[i]!);
  const spread = spreadOf(ratios);
  if (spread === undefined || ratios.length < PAIRS)
    return { slower: false, text: `${id}: not compared, ${ratios.length} of ${PAIRS} pairs were measured` };
  const worse = ratios.filter((ratio) => ratio < 1).length;
  const slower = spread.median < LEAST_RATIO && worse >= WORSE_PAIRS;
  const range = `${spread.median.toFixed(2)} (${spread.min.toFixed(2)}..${spread.max.toFixed(2)})`;
  return {
    slower,
    text: `${id}: ${range} of the base, ${worse} of ${PAIRS} pairs slower${slower ? ': TOO SLOW' : ''}`,
  };
}
