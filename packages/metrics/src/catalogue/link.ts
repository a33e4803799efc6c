import type { MetricDefinition } from '../definition.js';

/** `link`: the flow below, by its number; neighbours beyond the bound stand together as `other`. */
const LINK = ['ipcp', 'layer', 'link', 'neighbor', 'component', 'lower_layer'] as const;

/** Links of unicast and broadcast IPCPs: the flows of lower layers that join members. */
export const LINK_METRICS = {
  ouroboros_links: {
    type: 'gauge',
    unit: '',
    help: 'Links by state: up, silent (nothing was heard for its limit), missing (asked for, and not there).',
    labels: ['ipcp', 'layer', 'component', 'state'],
  },
  ouroboros_link_up: {
    type: 'gauge',
    unit: '',
    help: '1 while the neighbour is heard, be it by keep-alives alone; 0 while the link is silent.',
    labels: LINK,
  },
  ouroboros_link_watched: {
    type: 'gauge',
    unit: '',
    help: '1 when both ends send keep-alives several times a second; 0 with neighbours that do not, whose silence means nothing.',
    labels: LINK,
  },
  ouroboros_link_last_heard_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Time since the neighbour was last heard: small on an idle link, growing on a cut one.',
    labels: LINK,
  },
  ouroboros_link_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'Packets over the link, keep-alives excluded.',
    labels: [...LINK, 'direction'],
  },
  ouroboros_link_bytes: {
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes of those packets.',
    labels: [...LINK, 'direction'],
  },
  ouroboros_link_keepalives: {
    type: 'counter',
    unit: '',
    help: 'Empty packets by which two neighbours hear each other.',
    labels: [...LINK, 'direction'],
  },
  ouroboros_link_dropped_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'Received packets that the flow below dropped, by reason.',
    labels: [...LINK, 'reason'],
  },
  ouroboros_link_refused_packets: {
    type: 'counter',
    unit: 'packets',
    help: 'How often the flow below was full when a packet was to be sent.',
    labels: LINK,
  },
  ouroboros_link_queued_packets: {
    type: 'gauge',
    unit: 'packets',
    help: 'Packets that wait in the rings of the link.',
    labels: [...LINK, 'direction'],
  },
  ouroboros_link_cube_queued_packets: {
    type: 'gauge',
    unit: 'packets',
    help: 'Packets that wait for their turn before the link, by QoS cube.',
    labels: [...LINK, 'cube'],
  },
  ouroboros_link_path_packet_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Longest packet that goes over the link in one piece, as far as is known.',
    labels: LINK,
  },
} as const satisfies Record<string, MetricDefinition>;
