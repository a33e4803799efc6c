import type { FlowDrops } from '@ouroboros/ports';
import type { MetricName } from './catalogue/index.js';
import type { Labels, MetricSet } from './metric-set.js';

/** One row of a table that says which metric each counter of something is. */
export interface CounterRow<T> {
  readonly metric: MetricName;
  readonly labels: Labels;
  read(counted: T): number;
}

/** What is counted in both directions of a flow. */
export const bothWays = <T>(
  metric: MetricName,
  sent: (counted: T) => number,
  received: (counted: T) => number,
): CounterRow<T>[] => [
  { metric, labels: { direction: 'sent' }, read: sent },
  { metric, labels: { direction: 'received' }, read: received },
];

const DROP_REASONS: Readonly<Record<keyof FlowDrops, string>> = {
  checksum: 'checksum',
  short: 'short',
  unauthentic: 'unauthentic',
  replayed: 'replayed',
  unknownEpoch: 'unknown_epoch',
  early: 'early',
  overrun: 'overrun',
  malformed: 'malformed',
  duplicate: 'duplicate',
  frcp: 'frcp',
};

/** Packets of a flow that were dropped, by reason. */
export const dropRows = (metric: MetricName): CounterRow<{ readonly drops: FlowDrops }>[] =>
  (Object.keys(DROP_REASONS) as (keyof FlowDrops)[]).map((reason) => ({
    metric,
    labels: { reason: DROP_REASONS[reason] },
    read: ({ drops }) => drops[reason],
  }));

/** Values of all rows, in their order. */
export const readRows = <T>(rows: readonly CounterRow<T>[], counted: T): number[] =>
  rows.map(({ read }) => read(counted));

/** Adds what `readRows` read, or a sum of such. */
export function addRows<T>(
  out: MetricSet,
  rows: readonly CounterRow<T>[],
  labels: Labels,
  counts: readonly number[],
): void {
  for (const [i, row] of rows.entries()) out.add(row.metric, counts[i] ?? 0, { ...labels, ...row.labels });
}
