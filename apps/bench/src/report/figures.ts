import type { RowResult } from '../results.js';
import { spreadOf, type Spread } from './statistics.js';

/** Figures of all rows, by id and name. */
export class AllFigures {
  private readonly rows: ReadonlyMap<string, RowResult>;

  constructor(rows: readonly RowResult[]) {
    this.rows = new Map(rows.map((row) => [row.id, row]));
  }

  spread(id: string, figure: string): Spread | undefined {
    const measurements = this.rows.get(id)?.measurements ?? [];
    return spreadOf(measurements.map(({ figures }) => figures[figure]).filter((value) => value !== undefined));
  }

  median(id: string, figure: string): number | undefined {
    return this.spread(id, figure)?.median;
  }

  perSecond(id: string): readonly number[] | undefined {
    return this.rows.get(id)?.measurements.at(-1)?.perSecond;
  }
}
