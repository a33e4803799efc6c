import type { Address } from '@ouroboros/model';
import { alternatePff } from '../pff/index.js';
import type { Distances, Graph, Routes } from './graph.js';
import type { RoutingPolicy } from './policy.js';

/**
 * Loop-free alternates: the shortest path, and behind its next hop all other neighbours that do not send the packet back here.
 * That is what those do that are nearer to the destination than by way of this member. [spec/wire-control.md §4.5]
 * The nearest alternate comes first; in C, the order is that of its list of edges.
 */
function routesFrom(graph: Graph, self: Address): Routes {
  const own = graph.distancesFrom(self);
  const neighbors = graph.linked(self).map((address) => ({ address, to: graph.distancesFrom(address) }));
  const routes = new Map<Address, readonly Address[]>();
  for (const [destination, hops] of graph.shortestPaths(self)) {
    const alternates = neighbors
      .filter(({ address, to }) => address !== hops[0] && isLoopFree(to, own, self, destination))
      .sort((a, b) => a.to.get(destination)! - b.to.get(destination)!);
    routes.set(destination, [...hops, ...alternates.map(({ address }) => address)]);
  }
  return routes;
}

function isLoopFree(neighbor: Distances, own: Distances, self: Address, destination: Address): boolean {
  return neighbor.get(destination)! < neighbor.get(self)! + own.get(destination)!;
}

export const lfaRouting: RoutingPolicy = { name: 'lfa', number: 1, pff: alternatePff, routesFrom };
