import { counterTable, type TrafficCounters } from '@ouroboros/ipcp-kit';

/** Counters of a unicast IPCP; the packet path adds to them by index. */
export const COUNTER_NAMES = [
  // By QoS cube.
  ...(['dtSentPackets0', 'dtSentPackets1', 'dtSentPackets2'] as const),
  ...(['dtSentBytes0', 'dtSentBytes1', 'dtSentBytes2'] as const),
  ...(['dtReceivedPackets0', 'dtReceivedPackets1', 'dtReceivedPackets2'] as const),
  ...(['dtReceivedBytes0', 'dtReceivedBytes1', 'dtReceivedBytes2'] as const),
  'dtForwardedPackets',
  'dtLocalPackets',
  'dropRunt',
  'dropTtl',
  'dropNoNextHop',
  'dropQueueFull',
  'dropFlowDown',
  'dropTooLarge',
  'dropUnknownEid',
  'dropUnknownComponent',
  'dropUserQueueFull',
  'faMalformed',
  'faUnknown',
  'faRefused',
] as const;

const byCube = (name: string): readonly string[] => [0, 1, 2].map((cube) => name + cube);

export const TRAFFIC: TrafficCounters = {
  sent: { packets: byCube('dtSentPackets'), bytes: byCube('dtSentBytes') },
  received: { packets: byCube('dtReceivedPackets'), bytes: byCube('dtReceivedBytes') },
};

export const COUNT = counterTable(COUNTER_NAMES);
