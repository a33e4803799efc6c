/** What a metric is. `summary` holds quantiles alone; `info` is always 1. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'info';

export interface MetricDefinition {
  readonly type: MetricType;
  /** Of OpenMetrics: the name ends with it; empty = a bare number. */
  readonly unit: '' | 'seconds' | 'bytes' | 'packets' | 'ratio';
  /** One sentence. */
  readonly help: string;
  /** Names of all labels that its samples have. */
  readonly labels: readonly string[];
}
