/** Several members that serve one name: which of them an allocation asks, and what when that one fails. */
export { Allocations, refusedHere, type AskedFlow } from './allocations.js';
export { SPREAD_POLICIES } from './policies.js';
export { roundRobinSpread } from './round-robin.js';
export type { SpreadPolicy } from './spread.js';
