/** An undirected graph of numbered nodes; every link costs one hop. */
export type TrueGraph = ReadonlyMap<number, ReadonlySet<number>>;

export function graphOf(nodes: readonly number[], links: readonly (readonly [number, number])[]): TrueGraph {
  const graph = new Map<number, Set<number>>(nodes.map((node) => [node, new Set()]));
  for (const [a, b] of links) {
    graph.get(a)?.add(b);
    graph.get(b)?.add(a);
  }
  return graph;
}

/**
 * Next hop from `self` to every node that can be reached: the textbook's Dijkstra. Of equally near nodes the smallest number is
 * settled first, and the first path found stays. [spec/wire-control.md §4.5]
 */
export function dijkstra(graph: TrueGraph, self: number): Map<number, number> {
  const distance = new Map<number, number>([[self, 0]]);
  const nextHop = new Map<number, number>();
  const settled = new Set<number>();
  for (;;) {
    const open = [...distance.keys()].filter((node) => !settled.has(node));
    const nearest = open.sort((a, b) => distance.get(a)! - distance.get(b)! || a - b)[0];
    if (nearest === undefined) return nextHop;
    settled.add(nearest);
    for (const other of [...(graph.get(nearest) ?? [])].sort((a, b) => a - b)) {
      const far = distance.get(nearest)! + 1;
      if (far >= (distance.get(other) ?? Infinity)) continue;
      distance.set(other, far);
      nextHop.set(other, nearest === self ? other : nextHop.get(nearest)!);
    }
  }
}
