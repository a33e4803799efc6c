import type { VitalSigns } from '@ouroboros/ports';
import type { MetricSet } from './metric-set.js';

/** `daemon`: the name of the IPCP, or `irmd`. */
export function addVitals(out: MetricSet, daemon: string, vitals: VitalSigns): void {
  const { residentBytes, heapBytes, cpuSeconds, eventLoop } = vitals();
  out.add('ouroboros_process_resident_memory_bytes', residentBytes, { daemon });
  out.add('ouroboros_process_heap_bytes', heapBytes, { daemon });
  out.add('ouroboros_process_cpu_seconds', cpuSeconds, { daemon });
  if (!eventLoop) return;
  out.add('ouroboros_event_loop_utilization_ratio', eventLoop.utilization, { daemon });
  out.add('ouroboros_event_loop_delay_seconds', { quantiles: eventLoop.delaySeconds }, { daemon });
}
