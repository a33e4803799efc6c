import type { Address } from '@ouroboros/model';
import type { Routes } from '../routing/index.js';
import { AddressTable } from './address-table.js';
import type { Pff, PffPolicy } from './pff.js';

interface Entry<Flow> {
  readonly hops: readonly Flow[];
  current: Flow;
}

/**
 * Forwards to the first next hop, and to another while that one is down, without waiting for new routes.
 * [spec/wire-unicast-data.md §5] C forgets with each new table which flows are down; here they stay down.
 */
class AlternatePff<Flow extends object> implements Pff<Flow> {
  private table = new AddressTable<Entry<Flow>>();
  private readonly down = new WeakSet<Flow>();

  update(routes: Routes, flowOf: (neighbor: Address) => Flow | undefined): void {
    const table: [Address, Entry<Flow>][] = [];
    for (const [destination, neighbors] of routes) {
      const hops = neighbors.map(flowOf).filter((flow) => flow !== undefined);
      if (hops[0] !== undefined) {
        table.push([destination, { hops, current: this.firstUp(hops) ?? hops[0] }]);
      }
    }
    this.table = new AddressTable(table);
  }

  setDown(flow: Flow, down: boolean): void {
    if (down) this.down.add(flow);
    else this.down.delete(flow);
    for (const entry of this.table.all()) entry.current = this.firstUp(entry.hops) ?? entry.current;
  }

  nextHop(destination: Address): Flow | undefined {
    return this.table.get(destination)?.current;
  }

  private firstUp(hops: readonly Flow[]): Flow | undefined {
    return hops.find((flow) => !this.down.has(flow));
  }
}

export const alternatePff: PffPolicy = { name: 'alternate', create: () => new AlternatePff() };
