import type { Address } from '@ouroboros/model';

/** A member that serves the name, and how far away it is. */
export interface Instance {
  readonly address: Address;
  readonly hops: number;
}

/** How the allocations of this member are spread over the members that serve the same name. */
export interface Spread {
  /** Which one to ask. `key` stands for the name; `instances`, at least one, in any order. */
  choose(key: string, instances: readonly Instance[]): Address;
}

/** A policy as it is found by its name in the configuration of a layer, and in a name's entry at the client. */
export interface SpreadPolicy {
  readonly name: string;
  /** `random32`: unsigned 32 bit. */
  create(random32: () => number): Spread;
}
