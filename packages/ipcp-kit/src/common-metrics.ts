import { addVitals, type MetricSet } from '@ouroboros/metrics';
import type { IpcpState } from '@ouroboros/model';
import type { VitalSigns } from '@ouroboros/ports';
import type { Counters } from './counters.js';
import type { TrafficCounters } from './ipcp-type.js';
import type { UserFlow } from './user-flow.js';

const STATES: readonly IpcpState[] = ['boot', 'operational', 'shutdown'];

/** What metrics of all IPCPs are made from. */
export interface CommonParts {
  readonly name: string;
  readonly state: IpcpState;
  readonly counters: Counters;
  readonly traffic: TrafficCounters | undefined;
  readonly flows: readonly UserFlow[];
  readonly vitals: VitalSigns | undefined;
}

/** Metrics that IPCPs of all types have. */
export function addCommonMetrics(out: MetricSet, parts: CommonParts): void {
  for (const state of STATES) out.add('ouroboros_ipcp_state', state === parts.state ? 1 : 0, { state });
  addTraffic(out, parts);
  addCounters(out, parts);
  addRings(out, parts.flows);
  if (parts.vitals) addVitals(out, parts.name, parts.vitals);
}

function addTraffic(out: MetricSet, { counters, traffic }: CommonParts): void {
  for (const direction of ['sent', 'received'] as const) {
    for (const what of ['packets', 'bytes'] as const) {
      const counts = traffic?.[direction][what].map((name) => counters.get(name)) ?? [];
      const sum = counts.reduce((total, count) => total + count, 0);
      if (counts.length > 0) out.add(`ouroboros_layer_${what}`, sum, { direction });
      if (counts.length < 2) continue;
      for (const [cube, count] of counts.entries())
        out.add(`ouroboros_layer_cube_${what}`, count, { direction, cube: String(cube) });
    }
  }
}

/** Names that begin with `drop` are reasons; what is no traffic either is an event. */
function addCounters(out: MetricSet, { counters, traffic }: CommonParts): void {
  const told = new Set(Object.values(traffic ?? {}).flatMap(({ packets, bytes }) => [...packets, ...bytes]));
  for (const name of counters.names) {
    if (told.has(name)) continue;
    const value = counters.get(name);
    if (name.startsWith('drop')) out.add('ouroboros_layer_dropped_packets', value, { reason: words(name.slice(4)) });
    else out.add('ouroboros_layer_events', value, { event: words(name) });
  }
}

/** `UserQueueFull` → `user_queue_full` */
const words = (name: string): string =>
  name
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replace(/^_/, '')
    .toLowerCase();

function addRings(out: MetricSet, flows: readonly UserFlow[]): void {
  out.add('ouroboros_layer_flows', flows.length);
  const queues = {
    received: flows.map(({ end }) => end.queuedTx()),
    sent: flows.map(({ end }) => end.queuedRx()),
  };
  for (const [direction, lengths] of Object.entries(queues)) {
    const sum = lengths.reduce((total, length) => total + length, 0);
    const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
    out.add('ouroboros_layer_queued_packets', sum, { direction });
    out.add('ouroboros_layer_longest_queue_packets', longest, { direction });
  }
}
