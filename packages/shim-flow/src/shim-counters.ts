import { counterTable, type TrafficCounters } from '@ouroboros/ipcp-kit';

/** Counters that all shims have, first in their lists. Those of drops are named after what was dropped and why. */
export const SHIM_COUNTERS = [
  'packetsSent',
  'bytesSent',
  'packetsReceived',
  'bytesReceived',
  'mgmtSent',
  'mgmtReceived',
  'dropSendTooLarge',
  'dropSendBusy',
  'dropRunt',
  'dropUnknownEid',
  'dropWrongPeer',
  'dropUserFull',
  'dropUserDown',
  'dropTooLarge',
  'dropMalformed',
  'dropUnknownCode',
  'dropUnasked',
  'dropBadEid',
  'dropDuplicate',
  'dropTooManyFlows',
  'dropTooManyPending',
] as const;

export const SHIM_TRAFFIC: TrafficCounters = {
  sent: { packets: ['packetsSent'], bytes: ['bytesSent'] },
  received: { packets: ['packetsReceived'], bytes: ['bytesReceived'] },
};

export const SHIM_COUNT = counterTable(SHIM_COUNTERS);
