/** Congestion avoidance policies, found by name. */
export type { CaPolicy, CongestionState, FlowCongestion, LinkMarker } from './ca.js';
export { mbEcn } from './mb-ecn.js';
export { noCongestionAvoidance } from './none.js';
