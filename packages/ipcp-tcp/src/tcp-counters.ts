import { counterTable } from '@ouroboros/ipcp-kit';
import { SHIM_COUNTERS } from '@ouroboros/shim-flow';

export const TCP_COUNTERS = [...SHIM_COUNTERS, 'connections', 'connectionsLost', 'dropNoLink', 'dropNoCredit'] as const;

export const COUNT = counterTable(TCP_COUNTERS);
