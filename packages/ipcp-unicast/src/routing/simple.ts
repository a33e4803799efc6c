import { simplePff } from '../pff/index.js';
import type { RoutingPolicy } from './policy.js';

/** One shortest path to each destination. */
export const simpleRouting: RoutingPolicy = {
  name: 'link-state',
  number: 0,
  pff: simplePff,
  routesFrom: (graph, self) => graph.shortestPaths(self),
};
