import {
  BoundedSeries,
  addRows,
  bothWays,
  dropRows,
  readRows,
  type CounterRow,
  type Labels,
  type MetricSet,
} from '@ouroboros/metrics';
import { qosCube } from '@ouroboros/model';
import type { FlowCounts, FlowInfo } from '@ouroboros/ports';

/** So many flows of a node are shown one by one. */
export const FLOWS_SHOWN = 64;

const COUNTERS: readonly CounterRow<FlowCounts>[] = [
  ...bothWays<FlowCounts>(
    'ouroboros_flow_packets',
    ({ packetsSent }) => packetsSent,
    ({ packetsReceived }) => packetsReceived,
  ),
  ...bothWays<FlowCounts>(
    'ouroboros_flow_bytes',
    ({ bytesSent }) => bytesSent,
    ({ bytesReceived }) => bytesReceived,
  ),
  { metric: 'ouroboros_flow_retransmitted_packets', labels: {}, read: ({ retransmitted }) => retransmitted },
  { metric: 'ouroboros_flow_lost_packets', labels: {}, read: ({ lost }) => lost },
  ...dropRows('ouroboros_flow_dropped_packets'),
];

interface CountedFlow {
  /** Numbers are used again, correlation ids are not. */
  readonly key: string;
  readonly counts: readonly number[];
  readonly flow: FlowInfo;
}

/** Metrics of the flows of a node, from what processes told irmd of them. */
export class FlowMetrics {
  private readonly series = new BoundedSeries<string>(FLOWS_SHOWN);

  add(out: MetricSet, flows: readonly FlowInfo[]): void {
    addStates(out, flows);
    const told = flows.filter(({ counts }) => counts).sort((a, b) => b.sinceMs - a.sinceMs);
    const { shown, others, otherCounts } = this.series.arrange(told.map(counted));
    for (const { flow, counts } of shown) addFlow(out, flow, counts);
    if (otherCounts.length > 0) addRows(out, COUNTERS, OTHER, otherCounts);
    out.add('ouroboros_aggregated', others.length, { ipcp: '', layer: '', what: 'flows' });
  }
}

const OTHER: Labels = { flow: 'other', name: '', layer: '', ipcp: '', cube: '' };

const counted = (flow: FlowInfo): CountedFlow => ({
  key: `${flow.flowId} ${flow.correlationId}`,
  counts: readRows(COUNTERS, flow.counts!),
  flow,
});

function addStates(out: MetricSet, flows: readonly FlowInfo[]): void {
  const byLayer = new Map<string, Map<string, number>>();
  for (const { layer, state } of flows) {
    const states = byLayer.get(layer) ?? new Map<string, number>();
    byLayer.set(layer, states.set(state, (states.get(state) ?? 0) + 1));
  }
  for (const [layer, states] of byLayer) {
    for (const [state, count] of states) out.add('ouroboros_flows', count, { layer, state });
  }
}

function addFlow(out: MetricSet, flow: FlowInfo, counts: readonly number[]): void {
  const { name, layer, ipcp, sinceMs, pathPacket, roundTripMs } = flow;
  const labels = { flow: String(flow.flowId), name, layer, ipcp, cube: String(qosCube(flow.qos)) };
  addRows(out, COUNTERS, labels, counts);
  out.add('ouroboros_flow_age_seconds', sinceMs / 1000, labels);
  out.add('ouroboros_flow_window_packets', flow.counts!.window, labels);
  out.add('ouroboros_flow_outstanding_packets', flow.counts!.outstanding, labels);
  if (pathPacket > 0) out.add('ouroboros_flow_path_packet_bytes', pathPacket, labels);
  if (roundTripMs > 0) out.add('ouroboros_flow_round_trip_seconds', roundTripMs / 1000, labels);
}
