import { counterTable } from '@ouroboros/ipcp-kit';
import { SHIM_COUNTERS } from '@ouroboros/shim-flow';

export const UDP_COUNTERS = [...SHIM_COUNTERS, 'dropByFault'] as const;

export const COUNT = counterTable(UDP_COUNTERS);
