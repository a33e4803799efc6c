import type { MetricDefinition } from '../definition.js';

/** `flow`: its number on this host; flows beyond the bound stand together as `other`. */
const FLOW = ['flow', 'name', 'layer', 'ipcp', 'cube'] as const;

/** Flows of processes of this host, IPCPs included, and how they came to be. */
export const FLOW_METRICS = {
  ouroboros_flows: {
    type: 'gauge',
    unit: '',
    help: 'Flows of this host by the layer that carries them; layer is empty for flows between two processes of the host.',
    labels: ['layer', 'state'],
  },
  ouroboros_flow_allocations: {
    type: 'counter',
    unit: '',
    help: 'Flows that processes of this host asked for, by result: ok, or the code of the error.',
    labels: ['result'],
  },
  ouroboros_flow_allocation_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'How long irmd took to allocate flows, failures included.',
    labels: [],
  },
  ouroboros_flow_age_seconds: { type: 'gauge', unit: 'seconds', help: 'Age of the flow.', labels: FLOW },
  ouroboros_flow_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'Packets that the process wrote and read.',
    labels: [...FLOW, 'direction'],
  },
  ouroboros_flow_bytes: {
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes of those packets.',
    labels: [...FLOW, 'direction'],
  },
  ouroboros_flow_retransmitted_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'Packets that FRCP sent again.',
    labels: FLOW,
  },
  ouroboros_flow_lost_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'Packets of ordered, unreliable flows that never came, and messages of which a part never came.',
    labels: FLOW,
  },
  ouroboros_flow_dropped_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'Received packets that the flow library dropped, by reason.',
    labels: [...FLOW, 'reason'],
  },
  ouroboros_flow_round_trip_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Smoothed round-trip time, where the flow measures it.',
    labels: FLOW,
  },
  ouroboros_flow_path_packet_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Longest packet that the path takes in one piece, as far as is known.',
    labels: FLOW,
  },
  ouroboros_flow_window_packets: {
    type: 'gauge',
    unit: 'packets',
    help: 'Packets that FRCP may have under way.',
    labels: FLOW,
  },
  ouroboros_flow_outstanding_packets: {
    type: 'gauge',
    unit: 'packets',
    help: 'Packets that are sent and not yet acknowledged.',
    labels: FLOW,
  },
} as const satisfies Record<string, MetricDefinition>;
