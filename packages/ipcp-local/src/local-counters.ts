import { counterTable } from '@ouroboros/ipcp-kit';

export const LOCAL_COUNTERS = ['packets', 'bytes', 'dropTooLarge', 'dropDown'] as const;
export const COUNT = counterTable(LOCAL_COUNTERS);
