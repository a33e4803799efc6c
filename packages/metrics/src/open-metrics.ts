import { METRICS, type MetricName } from './catalogue/index.js';
import type { MetricDefinition } from './definition.js';
import type { HistogramValue } from './histogram.js';
import type { Labels, MetricSet, MetricValue, Sample } from './metric-set.js';

export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/**
 * Samples as OpenMetrics text 1.0, in the order of the catalogue:
 *
 *   # TYPE ouroboros_link_bytes counter
 *   # UNIT ouroboros_link_bytes bytes
 *   # HELP ouroboros_link_bytes Bytes of those packets.
 *   ouroboros_link_bytes_total{direction="sent",…} 4711
 *   # EOF
 */
export function openMetricsText(set: MetricSet): string {
  const found = new Map(set.entries());
  const names = (Object.keys(METRICS) as MetricName[]).filter((name) => found.has(name));
  return [...names.flatMap((name) => familyLines(name, METRICS[name], found.get(name)!)), '# EOF', ''].join('\n');
}

function familyLines(name: string, { type, unit, help }: MetricDefinition, samples: readonly Sample[]): string[] {
  const unitLine = unit === '' ? [] : [`# UNIT ${name} ${unit}`];
  const head = [`# TYPE ${name} ${type}`, ...unitLine, `# HELP ${name} ${escaped(help)}`];
  return [...head, ...samples.flatMap(({ labels, value }) => sampleLines(name, type, labels, value))];
}

function sampleLines(name: string, type: MetricDefinition['type'], labels: Labels, value: MetricValue): string[] {
  if (typeof value === 'number') {
    const suffix = type === 'counter' ? '_total' : type === 'info' ? '_info' : '';
    return [line(name + suffix, labels, value)];
  }
  if ('quantiles' in value) {
    return Object.entries(value.quantiles).map(([quantile, one]) => line(name, { ...labels, quantile }, one));
  }
  return histogramLines(name, labels, value);
}

function histogramLines(name: string, labels: Labels, { bounds, counts, sum }: HistogramValue): string[] {
  const le = [...bounds.map(canonical), '+Inf'];
  return [
    ...le.map((bound, i) => line(`${name}_bucket`, { ...labels, le: bound }, counts[i]!)),
    line(`${name}_count`, labels, counts[bounds.length]!),
    line(`${name}_sum`, labels, sum),
  ];
}

/** Bounds are floating-point numbers in canonical form: 1 is written 1.0. */
const canonical = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

const numberText = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`));
