import type { Address } from '@ouroboros/model';
import type { Routes } from '../routing/index.js';
import { AddressTable } from './address-table.js';
import type { Pff, PffPolicy } from './pff.js';

/** Forwards to the first next hop that has a flow. */
class SimplePff<Flow extends object> implements Pff<Flow> {
  private table = new AddressTable<Flow>();

  update(routes: Routes, flowOf: (neighbor: Address) => Flow | undefined): void {
    const table: [Address, Flow][] = [];
    for (const [destination, hops] of routes) {
      const flow = hops.map(flowOf).find((candidate) => candidate !== undefined);
      if (flow !== undefined) table.push([destination, flow]);
    }
    this.table = new AddressTable(table);
  }

  setDown(): void {
    // New routes are waited for.
  }

  nextHop(destination: Address): Flow | undefined {
    return this.table.get(destination);
  }
}

export const simplePff: PffPolicy = { name: 'simple', create: () => new SimplePff() };
