import type { MetricDefinition } from '../definition.js';

/** Of every metric of an IPCP; irmd adds them. */
const IPCP = ['ipcp', 'layer'] as const;

/** IPCPs, their traffic, what they dropped and why, routes and directory. */
export const LAYER_METRICS = {
  ouroboros_ipcp_up: {
    type: 'gauge',
    unit: '',
    help: '1 when the IPCP answered in time; 0 when it did not, and then it has no other metrics.',
    labels: [...IPCP, 'type'],
  },
  ouroboros_ipcp_state: {
    type: 'gauge',
    unit: '',
    help: '1 for the state that the IPCP is in: boot (in no layer yet), operational (bootstrapped or enrolled), shutdown.',
    labels: [...IPCP, 'state'],
  },
  ouroboros_ipcp_restarts: { type: 'counter', unit: '', help: 'How often irmd started the IPCP anew.', labels: IPCP },
  ouroboros_ipcp_answer_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'How long the IPCP took to tell its metrics.',
    labels: IPCP,
  },
  ouroboros_layer_flows: {
    type: 'gauge',
    unit: '',
    help: 'Flows that the IPCP holds for processes of its host, other IPCPs included.',
    labels: IPCP,
  },
  ouroboros_layer_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'Packets that went over the links of the IPCP, management of shims excluded.',
    labels: [...IPCP, 'direction'],
  },
  ouroboros_layer_bytes: {
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes of those packets.',
    labels: [...IPCP, 'direction'],
  },
  ouroboros_layer_cube_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'The same by QoS cube, of unicast IPCPs.',
    labels: [...IPCP, 'direction', 'cube'],
  },
  ouroboros_layer_cube_bytes: {
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes of those packets.',
    labels: [...IPCP, 'direction', 'cube'],
  },
  ouroboros_layer_dropped_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'Packets that the IPCP dropped, by reason.',
    labels: [...IPCP, 'reason'],
  },
  ouroboros_layer_events: {
    type: 'counter',
    unit: '',
    help: 'What else the IPCP counts: its own counters, by name.',
    labels: [...IPCP, 'event'],
  },
  ouroboros_layer_queued_packets: {
    type: 'gauge',
    unit: 'packets',
    help: 'Packets that wait in the rings between the IPCP and the processes that use its flows: sum.',
    labels: [...IPCP, 'direction'],
  },
  ouroboros_layer_longest_queue_packets: {
    type: 'gauge',
    unit: 'packets',
    help: 'Packets that wait in the fullest of these rings.',
    labels: [...IPCP, 'direction'],
  },
  ouroboros_layer_routes: { type: 'gauge', unit: '', help: 'Members that can be reached.', labels: IPCP },
  ouroboros_layer_route_changes: {
    type: 'counter',
    unit: '',
    help: 'How often the table of routes changed.',
    labels: IPCP,
  },
  ouroboros_layer_bandwidth: {
    type: 'gauge',
    unit: '',
    help: 'Bit/s of a unicast IPCP: admitted (what its flows asked for together), and capacity, where it has one.',
    labels: [...IPCP, 'kind'],
  },
  ouroboros_layer_duplicate_address: {
    type: 'gauge',
    unit: '',
    help: '1 when another member was seen to use the address of this one.',
    labels: IPCP,
  },
  ouroboros_directory_entries: {
    type: 'gauge',
    unit: '',
    help: 'Entries of the directory here: own names, and those stored for others.',
    labels: [...IPCP, 'kind'],
  },
  ouroboros_directory_contacts: { type: 'gauge', unit: '', help: 'Members that the directory knows.', labels: IPCP },
  ouroboros_directory_lookups: {
    type: 'counter',
    unit: '',
    help: 'Look-ups of names: hit (found with another member) or miss.',
    labels: [...IPCP, 'result'],
  },
  ouroboros_directory_refused: {
    type: 'counter',
    unit: '',
    help: 'Entries of others that were not believed, where members sign their names: forged, stale, unknown (its member states no links) or crowded.',
    labels: [...IPCP, 'reason'],
  },
  ouroboros_directory_lookup_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'How long look-ups took, both hits and misses.',
    labels: IPCP,
  },
} as const satisfies Record<string, MetricDefinition>;
