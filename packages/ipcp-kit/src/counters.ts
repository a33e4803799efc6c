import type { JsonObject } from '@ouroboros/model';

/**
 * Counters of one daemon: one typed array, cheap enough for packet paths (`counters.values[INDEX.sent] += 1`), and the
 * table of their names.
 */
export class Counters {
  /** Doubles: exact up to 2^53. */
  readonly values: Float64Array;

  constructor(readonly names: readonly string[]) {
    this.values = new Float64Array(names.length);
  }

  add(index: number, amount = 1): void {
    this.values[index]! += amount;
  }

  get(name: string): number {
    return this.values[this.names.indexOf(name)] ?? 0;
  }

  toJson(): JsonObject {
    return Object.fromEntries(this.names.map((name, i) => [name, this.values[i] ?? 0]));
  }
}

/** Index of each name, for use as constants: `const COUNT = counterTable(NAMES); counters.add(COUNT.sent)`. */
export function counterTable<const N extends readonly string[]>(names: N): Readonly<Record<N[number], number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<N[number], number>;
}
