import { counterTable } from '@ouroboros/ipcp-kit';

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

export const COUNT = counterTable(COUNTER_NAMES);
