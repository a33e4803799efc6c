import { counterTable } from '@ouroboros/ipcp-kit';
import { SHIM_COUNTERS } from '@ouroboros/shim-flow';

export const ETH_COUNTERS = [
  ...SHIM_COUNTERS,
  /** The device is not up. */
  'dropLinkDown',
  /** Frames for other hosts, or of other protocols. */
  'dropForeign',
  'nameQueriesSent',
  'nameQueriesReceived',
] as const;

export const COUNT = counterTable(ETH_COUNTERS);
