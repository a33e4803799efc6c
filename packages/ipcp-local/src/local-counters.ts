import { counterTable, type TrafficCounters } from '@ouroboros/ipcp-kit';

export const LOCAL_COUNTERS = ['packets', 'bytes', 'dropTooLarge', 'dropDown'] as const;
export const COUNT = counterTable(LOCAL_COUNTERS);

const PASSED = { packets: ['packets'], bytes: ['bytes'] };
/** What a process sends another one receives. */
export const LOCAL_TRAFFIC: TrafficCounters = { sent: PASSED, received: PASSED };
