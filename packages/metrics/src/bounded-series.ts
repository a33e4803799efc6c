/** One of many things that are counted, such as a flow. */
export interface Counted<K> {
  readonly key: K;
  /** Numbers that only grow; always in the same order. */
  readonly counts: readonly number[];
}

export interface Arranged<T> {
  /** Those that have series of their own. */
  readonly shown: readonly T[];
  readonly others: readonly T[];
  /** What those without series of their own counted, ever; it never falls. */
  readonly otherCounts: readonly number[];
}

/**
 * Keeps the number of series bounded: the first `most` things are shown one by one for as long as they live, and what all
 * others count is added up. Whoever lives longest without a place gets the next one that is free.
 */
export class BoundedSeries<K> {
  private readonly places = new Set<K>();
  private readonly lastCounts = new Map<K, readonly number[]>();
  private otherCounts: number[] = [];

  constructor(private readonly most: number) {}

  /** `living`: all there are now, the oldest first; what is missing is gone. */
  arrange<T extends Counted<K>>(living: readonly T[]): Arranged<T> {
    const keys = new Set(living.map(({ key }) => key));
    for (const key of this.places) if (!keys.has(key)) this.places.delete(key);
    for (const key of this.lastCounts.keys()) if (!keys.has(key)) this.lastCounts.delete(key);
    for (const { key } of living) if (this.places.size < this.most) this.places.add(key);
    const others = living.filter(({ key }) => !this.places.has(key));
    for (const one of others) this.addUp(one);
    return { shown: living.filter(({ key }) => this.places.has(key)), others, otherCounts: [...this.otherCounts] };
  }

  private addUp({ key, counts }: Counted<K>): void {
    const before = this.lastCounts.get(key) ?? [];
    const grown = counts.map((count, i) => Math.max(0, count - (before[i] ?? 0)));
    this.otherCounts = grown.map((more, i) => (this.otherCounts[i] ?? 0) + more);
    this.lastCounts.set(key, [...counts]);
  }
}
