import type { Address } from '@ouroboros/model';

/** A directed adjacency that a node announces. */
export interface Adjacency {
  readonly src: Address;
  readonly dst: Address;
}

/** Destination → neighbours to forward to, best first; at least one. */
export type Routes = ReadonlyMap<Address, readonly Address[]>;

/** Node → hops from some node; those that cannot be reached are absent. */
export type Distances = ReadonlyMap<Address, number>;

/**
 * The layer as link-state routing sees it. A link exists only when both of its ends announce it
 * [spec/wire-control.md §4.5]; every link costs one hop.
 */
export class Graph {
  private readonly announced = new Map<Address, Set<Address>>();
  /** Grows with every change, so that routes are computed only when they can differ. */
  version = 0;

  add({ src, dst }: Adjacency): void {
    let targets = this.announced.get(src);
    if (!targets) this.announced.set(src, (targets = new Set()));
    if (targets.has(dst)) return;
    targets.add(dst);
    this.version += 1;
  }

  delete({ src, dst }: Adjacency): void {
    const targets = this.announced.get(src);
    if (!targets?.delete(dst)) return;
    if (targets.size === 0) this.announced.delete(src);
    this.version += 1;
  }

  /** Ends of the links of `node`, in ascending order. */
  linked(node: Address): Address[] {
    const targets = [...(this.announced.get(node) ?? [])];
    return targets.filter((other) => this.announced.get(other)?.has(node)).sort((a, b) => a - b);
  }

  /**
   * Shortest paths from `self`, one next hop each. Nodes are settled level by level in ascending order of address and
   * the first path found stays, which is the tie rule of the reference's Dijkstra.
   */
  shortestPaths(self: Address): Routes {
    const nextHop = new Map<Address, Address>();
    let level: Address[] = [self];
    while (level.length > 0) {
      const reached: Address[] = [];
      for (const node of level) {
        for (const other of this.linked(node)) {
          if (other === self || nextHop.has(other)) continue;
          nextHop.set(other, node === self ? other : nextHop.get(node)!);
          reached.push(other);
        }
      }
      level = reached.sort((a, b) => a - b);
    }
    return new Map([...nextHop].map(([node, hop]) => [node, [hop]]));
  }

  /** Nodes from `from`, without it, to `to`; empty when there is no way. */
  path(from: Address, to: Address): Address[] {
    const distances = this.distancesFrom(to);
    const path: Address[] = [];
    for (let node = from; node !== to; path.push(node)) {
      const left = distances.get(node);
      const next = left === undefined ? undefined : this.linked(node).find((one) => distances.get(one) === left - 1);
      if (next === undefined) return [];
      node = next;
    }
    return path;
  }

  distancesFrom(self: Address): Distances {
    const distances = new Map<Address, number>([[self, 0]]);
    for (const [node, distance] of distances) {
      for (const other of this.linked(node)) if (!distances.has(other)) distances.set(other, distance + 1);
    }
    return distances;
  }
}

/** True when both tables send every packet the same way. */
export function sameRoutes(a: Routes, b: Routes): boolean {
  if (a.size !== b.size) return false;
  for (const [node, hops] of a) {
    const other = b.get(node);
    if (!other || other.length !== hops.length || hops.some((hop, i) => hop !== other[i])) return false;
  }
  return true;
}
