import type { Address } from '@ouroboros/model';
import type { PffPolicy } from '../pff/index.js';
import type { Graph, Routes } from './graph.js';

/**
 * How routes are made from the graph of the layer, and the forwarding policy that follows them. A matter of each member alone:
 * members of one layer are told the same policy at enrollment, but need not agree. [spec/wire-unicast-data.md §5]
 */
export interface RoutingPolicy {
  /** The word in the layer's configuration. */
  readonly name: string;
  /** The number in `ls_config_msg.pol`. [spec/wire-control.md §2.2] */
  readonly number: number;
  readonly pff: PffPolicy;
  routesFrom(graph: Graph, self: Address): Routes;
}
