import type { Sample } from './rows/group.js';
import type { Measurement } from './rows/row.js';

/** What a row gave in all rounds. */
export interface RowResult {
  readonly id: string;
  readonly encrypted: string;
  readonly measurements: readonly Measurement[];
  readonly missing?: string;
  readonly failures: readonly string[];
}

/** Gathers samples, in the order in which their rows were seen first. */
export class Results {
  private readonly rows = new Map<string, { -readonly [K in keyof RowResult]: RowResult[K] }>();

  constructor(private readonly encryptedOf: ReadonlyMap<string, string>) {}

  add({ id, measurement, missing, failure }: Sample): void {
    const row = this.rows.get(id) ?? { id, encrypted: this.encryptedOf.get(id) ?? '', measurements: [], failures: [] };
    this.rows.set(id, row);
    if (measurement) row.measurements = [...row.measurements, measurement];
    if (missing !== undefined) row.missing = missing;
    if (failure !== undefined) row.failures = [...row.failures, failure];
  }

  list(): readonly RowResult[] {
    return [...this.rows.values()];
  }
}
