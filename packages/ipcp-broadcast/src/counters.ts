import { counterTable, type TrafficCounters } from '@ouroboros/ipcp-kit';

/** Counters of a broadcast IPCP; the packet path adds to them by index. */
export const COUNTER_NAMES = [
  'sentPackets',
  'sentBytes',
  'receivedPackets',
  'receivedBytes',
  'localPackets',
  'deliveredPackets',
  /** Packets that had come another way before. */
  'duplicatePackets',
  'dropMalformed',
  'dropHops',
  'dropTooLarge',
  'dropQueueFull',
  'dropFlowDown',
  'dropUserQueueFull',
] as const;

export const TRAFFIC: TrafficCounters = {
  sent: { packets: ['sentPackets'], bytes: ['sentBytes'] },
  received: { packets: ['receivedPackets'], bytes: ['receivedBytes'] },
};

export const COUNT = counterTable(COUNTER_NAMES);
