import type { Address } from '@ouroboros/model';
import type { Routes } from '../routing/index.js';
import { AddressTable } from './address-table.js';
import type { Pff, PffPolicy } from './pff.js';

interface Hop<Flow> {
  readonly neighbor: Address;
  readonly flow: Flow;
}

/**
 * Spreads flows over all next hops. Which one a flow takes follows from the destination and its EID alone, so that its packets
 * stay in order; C takes the next hops in turn, packet by packet. Each hop is given a number by hash and the highest wins:
 * when a hop is lost only its own flows move. The hop's address takes part, so that members in a row choose independently.
 */
class MultipathPff<Flow extends object> implements Pff<Flow> {
  private table = new AddressTable<readonly Hop<Flow>[]>();

  update(routes: Routes, flowOf: (neighbor: Address) => Flow | undefined): void {
    const table: [Address, readonly Hop<Flow>[]][] = [];
    for (const [destination, neighbors] of routes) {
      const hops: Hop<Flow>[] = [];
      for (const neighbor of neighbors) {
        const flow = flowOf(neighbor);
        if (flow !== undefined) hops.push({ neighbor, flow });
      }
      if (hops.length > 0) table.push([destination, hops]);
    }
    this.table = new AddressTable(table);
  }

  setDown(): void {
    // New routes are waited for.
  }

  nextHop(destination: Address, eidLow: number, eidHigh: number): Flow | undefined {
    const hops = this.table.get(destination);
    if (hops === undefined) return undefined;
    let best = hops[0]!;
    let highest = -1;
    for (let i = 0; i < hops.length && hops.length > 1; i += 1) {
      const rank = mix(destination, eidLow, eidHigh, hops[i]!.neighbor);
      if (rank <= highest) continue;
      highest = rank;
      best = hops[i]!;
    }
    return best.flow;
  }
}

/** 32 bits of which each depends on each of the input. [rounds of MurmurHash3, by A. Appleby, public domain] */
function mix(a: number, b: number, c: number, d: number): number {
  let hash = round(round(round(round(0, a), b), c), d);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function round(hash: number, value: number): number {
  const scattered = Math.imul(value, 0xcc9e_2d51);
  const mixed = hash ^ Math.imul((scattered << 15) | (scattered >>> 17), 0x1b87_3593);
  return Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe654_6b64;
}

export const multipathPff: PffPolicy = { name: 'multipath', create: () => new MultipathPff() };
