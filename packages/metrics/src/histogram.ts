/** Counts of a histogram: `counts[i]` observations up to `bounds[i]`; the last count is of all. */
export interface HistogramValue {
  /** Upper bounds, rising; the last one, infinity, is left out. */
  readonly bounds: readonly number[];
  /** Cumulative, one more than bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Bounds in seconds for what takes from a packet's way to a caller's patience. */
export const LATENCY_SECONDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** A histogram that is added to; nothing is allocated by an observation. */
export class Histogram {
  private readonly counts: Float64Array;
  private sum = 0;

  /** `bounds`: rising. */
  constructor(private readonly bounds: readonly number[] = LATENCY_SECONDS) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]!) at += 1;
    this.counts[at]! += 1;
    this.sum += value;
  }

  value(): HistogramValue {
    let total = 0;
    const counts = [...this.counts].map((count) => (total += count));
    return { bounds: this.bounds, counts, sum: this.sum };
  }
}
