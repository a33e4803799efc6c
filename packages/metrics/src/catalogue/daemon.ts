import type { MetricDefinition } from '../definition.js';

/** `irmd`, or the name of an IPCP. */
const DAEMON = ['daemon'] as const;

/** The node, and each of its daemons as a process. */
export const DAEMON_METRICS = {
  ouroboros_build: { type: 'info', unit: '', help: 'Version of irmd.', labels: ['version'] },
  ouroboros_ready: { type: 'gauge', unit: '', help: '1 when nothing is waited for, as irm status says.', labels: [] },
  ouroboros_names: { type: 'gauge', unit: '', help: 'Names that this node knows.', labels: [] },
  ouroboros_processes: { type: 'gauge', unit: '', help: 'Processes that are attached to irmd.', labels: [] },
  ouroboros_uptime_seconds: { type: 'gauge', unit: 'seconds', help: 'Time since irmd started.', labels: [] },
  ouroboros_process_resident_memory_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Memory of the process, shared memory included.',
    labels: DAEMON,
  },
  ouroboros_process_heap_bytes: { type: 'gauge', unit: 'bytes', help: 'Used heap of the process.', labels: DAEMON },
  ouroboros_process_cpu_seconds: {
    type: 'counter',
    unit: 'seconds',
    help: 'Processor time of the process, user and system.',
    labels: DAEMON,
  },
  ouroboros_event_loop_delay_seconds: {
    type: 'summary',
    unit: 'seconds',
    help: 'How late the event loop ran since it was last asked; quantile 1 is the longest delay.',
    labels: DAEMON,
  },
  ouroboros_event_loop_utilization_ratio: {
    type: 'gauge',
    unit: 'ratio',
    help: 'Share of the time since it was last asked in which the event loop was busy.',
    labels: DAEMON,
  },
  ouroboros_cert_expiry_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Time until the certificate expires; negative when it has.',
    labels: ['kind', 'name'],
  },
  ouroboros_aggregated: {
    type: 'gauge',
    unit: '',
    help: 'How many flows or links stand together in the series "other", and how many IPCPs and certificates are left out.',
    labels: ['ipcp', 'layer', 'what'],
  },
} as const satisfies Record<string, MetricDefinition>;
