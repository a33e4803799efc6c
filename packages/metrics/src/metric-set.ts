import { isJsonObject, type JsonObject, type JsonValue } from '@ouroboros/model';
import { METRICS, isMetricName, type MetricName } from './catalogue/index.js';
import type { HistogramValue } from './histogram.js';

export type Labels = Readonly<Record<string, string>>;

/** Quantile → value. */
export interface SummaryValue {
  readonly quantiles: Readonly<Record<string, number>>;
}

export type MetricValue = number | HistogramValue | SummaryValue;

export interface Sample {
  readonly labels: Labels;
  readonly value: MetricValue;
}

/** So many samples of one metric are taken from another daemon. The largest: 33 links by 11 reasons. */
export const MOST_SAMPLES = 512;

/** Samples by metric, as gathered at one time. */
export class MetricSet {
  private readonly samples = new Map<MetricName, Map<string, Sample>>();

  /** Of samples with the same labels the first counts. */
  add(metric: MetricName, value: MetricValue, labels: Labels = {}): void {
    const known = this.samples.get(metric) ?? new Map<string, Sample>();
    this.samples.set(metric, known);
    const key = JSON.stringify(Object.entries(labels).sort());
    if (!known.has(key)) known.set(key, { labels, value });
  }

  entries(): [MetricName, Sample[]][] {
    return [...this.samples].map(([metric, samples]) => [metric, [...samples.values()]]);
  }

  /** For the way from one daemon to another: { metric: [[labels, value], …] }. */
  toJson(): JsonObject {
    const rows = this.entries().map(([metric, samples]) => [
      metric,
      samples.map(({ labels, value }): JsonValue => [labels, value as unknown as JsonValue]),
    ]);
    return Object.fromEntries(rows) as JsonObject;
  }

  /**
   * Adds what another daemon sent, with those of these labels that the metric has. What it must not send is left out: metrics that are not in the
   * catalogue, labels that the metric does not have, values that are none, and all beyond MOST_SAMPLES.
   */
  absorb(json: JsonValue, labels: Labels): void {
    if (!isJsonObject(json)) return;
    for (const [metric, rows] of Object.entries(json)) {
      if (!isMetricName(metric) || !Array.isArray(rows)) continue;
      for (const row of rows.slice(0, MOST_SAMPLES)) this.absorbRow(metric, row, labels);
    }
  }

  private absorbRow(metric: MetricName, row: JsonValue, labels: Labels): void {
    if (!Array.isArray(row)) return;
    const own = labelsOf(metric, row[0]);
    const value = valueOf(metric, row[1]);
    if (own && value !== undefined) this.add(metric, value, { ...own, ...known(metric, labels) });
  }
}

const known = (metric: MetricName, labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => METRICS[metric].labels.includes(name)));

/** Longest value of a label; names of layers and flows may have more. */
const LABEL_LENGTH = 128;

function labelsOf(metric: MetricName, json: JsonValue | undefined): Labels | undefined {
  if (!isJsonObject(json)) return undefined;
  const legal = Object.entries(json).filter(
    ([name, value]) => METRICS[metric].labels.includes(name) && typeof value === 'string',
  );
  return Object.fromEntries(legal.map(([name, value]) => [name, (value as string).slice(0, LABEL_LENGTH)]));
}

function valueOf(metric: MetricName, json: JsonValue | undefined): MetricValue | undefined {
  const { type } = METRICS[metric];
  if (type === 'histogram') return isHistogram(json) ? json : undefined;
  if (type === 'summary') return isSummary(json) ? json : undefined;
  return typeof json === 'number' && (type !== 'counter' || json >= 0) ? json : undefined;
}

function isHistogram(json: JsonValue | undefined): json is JsonObject & HistogramValue {
  if (!isJsonObject(json) || typeof json['sum'] !== 'number') return false;
  const { bounds, counts } = json;
  if (!isRising(bounds) || !isRising(counts)) return false;
  return counts.length === bounds.length + 1 && new Set(bounds).size === bounds.length && counts[0]! >= 0;
}

function isRising(json: JsonValue | undefined): json is number[] {
  if (!Array.isArray(json)) return false;
  return json.every((one, i) => typeof one === 'number' && (i === 0 || one >= (json[i - 1] as number)));
}

function isSummary(json: JsonValue | undefined): json is JsonObject & SummaryValue {
  if (!isJsonObject(json) || !isJsonObject(json['quantiles'])) return false;
  return Object.entries(json['quantiles']).every(
    ([quantile, value]) => Number(quantile) >= 0 && Number(quantile) <= 1 && typeof value === 'number',
  );
}
