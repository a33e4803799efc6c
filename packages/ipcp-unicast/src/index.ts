/** The unicast IPCP, and what its policies are made from. */
export type { CaPolicy, CongestionState, FlowCongestion, LinkMarker } from './ca/index.js';
export { OWN_POLICIES, type Policies } from './config.js';
export { alternatePff, multipathPff, simplePff, type Pff, type PffPolicy } from './pff/index.js';
export { Graph, type RoutingPolicy, type Routes } from './routing/index.js';
export { unicastType, unicastTypeWith, type UnicastTypeOptions } from './unicast-type.js';
