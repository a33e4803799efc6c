import type { Address } from '@ouroboros/model';
import type { Routes } from '../routing/index.js';

/**
 * A packet forwarding function: from a destination address to the flow of the next hop. One instance per QoS cube;
 * policies differ in how they choose among several next hops. [spec/wire-unicast-data.md §5]
 */
export interface Pff<Flow extends object> {
  /** Replaces the table; destinations without a flow are left out. */
  update(routes: Routes, flowOf: (neighbor: Address) => Flow | undefined): void;
  /** The flow carries nothing any more, or does again; new routes may come much later. */
  setDown(flow: Flow, down: boolean): void;
  /** Undefined = no next hop. The EID, in halves, is that of the packet. Called per packet: allocates nothing. */
  nextHop(destination: Address, eidLow: number, eidHigh: number): Flow | undefined;
}

/** A forwarding policy; routing policies name the one that follows them. */
export interface PffPolicy {
  readonly name: string;
  create<Flow extends object>(): Pff<Flow>;
}
