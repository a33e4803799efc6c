import type { Place } from '../networks/place.js';
import { type Lengths, type Measurement, NotHere, type Row } from './row.js';

/** What one row gave in one round: a measurement, or why there is none. */
export interface Sample {
  readonly id: string;
  readonly measurement?: Measurement;
  /** It can't be measured on this machine. */
  readonly missing?: string;
  /** It should have been measured. */
  readonly failure?: string;
}

/** What is known of a row before it is measured. */
export type RowFacts = Pick<Row<never>, 'id' | 'encrypted'>;

export interface Round {
  readonly place: Place;
  readonly lengths: Lengths;
  wants(id: string): boolean;
  /** Told of each row before it is measured. */
  say(id: string): void;
}

/** Rows that are measured one after the other in one network. */
export interface Group {
  readonly title: string;
  readonly rows: readonly RowFacts[];
  measure(round: Round): Promise<Sample[]>;
  /** Ends what lasts from one round to the next. */
  stop(): Promise<void>;
}

interface Stoppable {
  stop(): Promise<void>;
}

/** A group whose network is made anew in each round. */
export function group<N extends Stoppable>(
  title: string,
  start: (place: Place) => Promise<N>,
  rows: readonly Row<N>[],
): Group {
  return {
    title,
    rows,
    async measure(round) {
      const wanted = rows.filter(({ id }) => round.wants(id));
      const network = await attempt(() => start(round.place), round.place.signal);
      if ('failed' in network) return wanted.map(({ id }) => ({ id, ...network.failed }));
      try {
        return await measureRows(network.value, wanted, round);
      } finally {
        await network.value.stop();
      }
    },
    stop: () => Promise.resolve(),
  };
}

/** One after the other; the failure of one is no reason not to measure the next. */
export async function measureRows<N>(network: N, rows: readonly Row<N>[], round: Round): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const { id, measure } of rows) {
    round.say(id);
    const tried = await attempt(() => measure(network, round.lengths), round.place.signal);
    samples.push('failed' in tried ? { id, ...tried.failed } : { id, measurement: tried.value });
  }
  return samples;
}

type Attempt<T> = { readonly value: T } | { readonly failed: { missing: string } | { failure: string } };

/** Rejects only when `signal` aborts. */
export async function attempt<T>(action: () => Promise<T>, signal: AbortSignal): Promise<Attempt<T>> {
  signal.throwIfAborted();
  try {
    return { value: await action() };
  } catch (thrown) {
    signal.throwIfAborted();
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { failed: thrown instanceof NotHere ? { missing: why } : { failure: why } };
  }
}
