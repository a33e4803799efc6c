/** Flows by name: the packet path for IPCPs (FlowHost, PacketFlow) and the calls of applications (Flow, FlowSet). */
export * from './byte-messages.js';
export * from './fccntl.js';
export * from './flow.js';
export * from './flow-flags.js';
export * from './flow-host.js';
export * from './flow-set.js';
export * from './keepalive.js';
export type { FlowStatistics, PacketFlowCounters } from './flow-statistics.js';
export { FRCTFLINGER, FRCTFRESCNTL, FRCTFRTX } from '@ouroboros/frcp';
export * from './packet-flow.js';
export type { WaitOptions } from './wait-queue.js';
