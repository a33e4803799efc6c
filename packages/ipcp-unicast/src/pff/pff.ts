import type { Address } from '@ouroboros/model';
import type { Routes } from '../routing/index.js';

/**
 * A packet forwarding function: from a destination address to the flow of the next hop. One instance per QoS cube;
 * policies differ in how they choose among several next hops. [spec/wire-unicast-data.md §5]
 */
export interface Pff<Flow> {
  /** Replaces the table; destinations without a flow are left out. */
  update(routes: Routes, flowOf: (neighbor: Address) => Flow | undefined): void;
  /** Undefined = no next hop. Called per packet: allocates nothing. */
  nextHop(destination: Address): Flow | undefined;
}

/** A policy as it is found by its name in the layer's configuration. */
export interface PffPolicy {
  readonly name: string;
  create<Flow>(): Pff<Flow>;
}
