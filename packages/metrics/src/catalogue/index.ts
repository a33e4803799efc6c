import type { MetricDefinition } from '../definition.js';
import { DAEMON_METRICS } from './daemon.js';
import { FLOW_METRICS } from './flow.js';
import { LAYER_METRICS } from './layer.js';
import { LINK_METRICS } from './link.js';

const ALL = { ...DAEMON_METRICS, ...LAYER_METRICS, ...LINK_METRICS, ...FLOW_METRICS } as const;

export type MetricName = keyof typeof ALL;

/** Every metric that a node exports; docs/metrics.md says the same to people. */
export const METRICS: Readonly<Record<MetricName, MetricDefinition>> = ALL;

export const isMetricName = (name: string): name is MetricName => Object.hasOwn(METRICS, name);
