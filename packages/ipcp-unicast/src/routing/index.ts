import { ecmpRouting } from './ecmp.js';
import { lfaRouting } from './lfa.js';
import type { RoutingPolicy } from './policy.js';
import { simpleRouting } from './simple.js';

/** Link-state routing: who is linked with whom, and so where to forward. */
export { Graph, sameRoutes, type Adjacency, type Routes } from './graph.js';
export * from './link-state.js';
export type { RoutingPolicy } from './policy.js';

/** What a layer's configuration can name; the first is the default. */
export const ROUTING_POLICIES: readonly RoutingPolicy[] = [simpleRouting, lfaRouting, ecmpRouting];
export { Statements } from './statements.js';
