/** What is measured: the catalogue of metrics, sets of samples, and the text in which monitoring systems read them. */
export * from './bounded-series.js';
export * from './catalogue/index.js';
export * from './check-open-metrics.js';
export * from './counter-table.js';
export * from './definition.js';
export * from './histogram.js';
export * from './metric-set.js';
export * from './open-metrics.js';
export * from './vitals.js';
