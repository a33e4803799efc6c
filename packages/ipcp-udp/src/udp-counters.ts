import { counterTable } from '@ouroboros/ipcp-kit';

/** Counters of the UDP shim. Those of drops are named after what was dropped and why. */
export const UDP_COUNTERS = [
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
  'dropByFault',
] as const;

export const COUNT = counterTable(UDP_COUNTERS);
