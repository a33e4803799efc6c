/** Figures of one measurement by name, which ends with the unit. `cpu <process>`: µs per packet. `uss <process>`: MB. */
export type Figures = Readonly<Record<string, number>>;

export interface Measurement {
  readonly figures: Figures;
  /** Packets that arrived in each second, of long runs. */
  readonly perSecond?: readonly number[];
}

/** How long is measured. */
export interface Lengths {
  readonly oneWayS: number;
  readonly roundTripS: number;
  /** Before each measurement, for which nothing is counted. */
  readonly warmUpS: number;
  /** The same for round trips, which run the code of each process once where a flood runs it a thousand times. */
  readonly roundTripWarmUpS: number;
  readonly allocationsS: number;
  readonly tcpS: number;
  readonly idleS: number;
  readonly overloadS: number;
  readonly bulkBytes: number;
}

/** Something that is measured in a network of type N. */
export interface Row<N> {
  /** Words between slashes: `unicast/encrypted/1400/one-way`. */
  readonly id: string;
  /** What is encrypted. */
  readonly encrypted: string;
  measure(network: N, lengths: Lengths): Promise<Measurement>;
}

/** Why something can't be measured on this machine. */
export class NotHere extends Error {}

/** True when `pattern`, word by word, is a beginning of the id; `*` stands for any word. */
export function matches(id: string, pattern: string): boolean {
  const words = id.split('/');
  return pattern.split('/').every((word, i) => word === '*' || word === words[i]);
}

/** No pattern at all wants everything. */
export const isWanted = (id: string, wanted: readonly string[]): boolean =>
  wanted.length === 0 || wanted.some((pattern) => matches(id, pattern));
