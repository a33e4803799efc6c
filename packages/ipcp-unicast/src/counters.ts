import { counterTable, type TrafficCounters } from '@ouroboros/ipcp-kit';

/** Counters of a unicast IPCP; the packet path adds to them by index. */
export const COUNTER_NAMES = [
  'dtSentPackets',
  'dtSentBytes',
  'dtReceivedPackets',
  'dtReceivedBytes',
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

export const TRAFFIC: TrafficCounters = {
  sent: { packets: 'dtSentPackets', bytes: 'dtSentBytes' },
  received: { packets: 'dtReceivedPackets', bytes: 'dtReceivedBytes' },
};

export const COUNT = counterTable(COUNTER_NAMES);
