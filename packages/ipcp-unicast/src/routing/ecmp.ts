import type { Address } from '@ouroboros/model';
import { multipathPff } from '../pff/index.js';
import type { Graph, Routes } from './graph.js';
import type { RoutingPolicy } from './policy.js';

/** Equal-cost multipath: all neighbours that lie on a shortest path, in ascending order. [spec/wire-control.md §4.5] */
function routesFrom(graph: Graph, self: Address): Routes {
  const neighbors = graph.linked(self).map((address) => ({ address, to: graph.distancesFrom(address) }));
  const routes = new Map<Address, readonly Address[]>();
  for (const [destination, distance] of graph.distancesFrom(self)) {
    const onShortest = neighbors.filter(({ to }) => to.get(destination) === distance - 1);
    if (destination !== self)
      routes.set(
        destination,
        onShortest.map(({ address }) => address),
      );
  }
  return routes;
}

export const ecmpRouting: RoutingPolicy = { name: 'ecmp', number: 2, pff: multipathPff, routesFrom };
