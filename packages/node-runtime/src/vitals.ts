import { monitorEventLoopDelay, performance, type EventLoopUtilization, type IntervalHistogram } from 'node:perf_hooks';
import type { Vitals } from '@ouroboros/ports';

/** The loop is looked at so often, in ms: 50 short wake-ups a second. */
const RESOLUTION_MS = 20;
const NANOS = 1e9;
const QUANTILES = ['0.5', '0.9', '0.99', '1'] as const;

/** Vital signs of this process, see VitalSigns. The watch ends with the process and does not keep it alive. */
export class ProcessVitals {
  private delay: IntervalHistogram | null = null;
  private before: EventLoopUtilization = performance.eventLoopUtilization();

  readonly look = (): Vitals => {
    const { rss: residentBytes, heapUsed: heapBytes } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return { residentBytes, heapBytes, cpuSeconds: (user + system) / 1e6, eventLoop: this.eventLoop() };
  };

  private eventLoop(): Vitals['eventLoop'] {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.before);
    this.before = now;
    const first = this.delay === null;
    this.delay ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.delay.enable();
    const delaySeconds = delaysOf(this.delay);
    this.delay.reset();
    return first ? null : { utilization, delaySeconds };
  }
}

/** What Node measures is the time between two looks. */
function delaysOf(delay: IntervalHistogram): Readonly<Record<string, number>> {
  const late = (quantile: string): number => {
    const nanos = quantile === '1' ? delay.max : delay.percentile(Number(quantile) * 100);
    return Math.max(0, nanos / NANOS - RESOLUTION_MS / 1000);
  };
  return Object.fromEntries(QUANTILES.map((quantile) => [quantile, late(quantile)]));
}
