import fc from 'fast-check';
import { address, type Address } from '@ouroboros/model';
import { ecmpRouting } from './ecmp.js';
import { Graph, ROUTING_POLICIES } from './index.js';
import { lfaRouting } from './lfa.js';
import { simpleRouting } from './simple.js';

type Pair = readonly [number, number];

function graphOf(pairs: readonly Pair[]): Graph {
  const graph = new Graph();
  for (const [a, b] of pairs) {
    if (a === b) continue;
    graph.add({ src: address(a), dst: address(b) });
    graph.add({ src: address(b), dst: address(a) });
  }
  return graph;
}

const ONE = address(1);
/** A triangle, with a chain behind 3 and a second way round over 6 and 7. [spec/reference-tests.md, graph_test.c] */
const REFERENCE: readonly Pair[] = [
  [1, 2],
  [2, 3],
  [1, 3],
  [3, 4],
  [4, 5],
  [2, 6],
  [6, 7],
  [3, 7],
];
/** A–B, A–C, A–D, B–D, C–D. */
const SQUARE: readonly Pair[] = [
  [1, 2],
  [1, 3],
  [1, 4],
  [2, 4],
  [3, 4],
];

describe.each(ROUTING_POLICIES)('the routing policy $name', (policy) => {
  it('has the first next hops of the reference', () => {
    const routes = policy.routesFrom(graphOf(REFERENCE), ONE);
    const first = [2, 3, 4, 5, 6, 7].map((to) => routes.get(address(to))?.[0]);
    expect(first).toEqual([2, 3, 3, 3, 2, 3]);
    expect(routes.size).toBe(6);
  });
});

describe('the numbers on the wire', () => {
  it("are C's", () => {
    expect(ROUTING_POLICIES.map(({ name, number, pff }) => [number, name, pff.name])).toEqual([
      [0, 'link-state', 'simple'],
      [1, 'lfa', 'alternate'],
      [2, 'ecmp', 'multipath'],
    ]);
  });
});

describe('loop-free alternates', () => {
  it('in the square are both other corners for the far one, and none that would send the packet back', () => {
    const routes = lfaRouting.routesFrom(graphOf(SQUARE), ONE);
    expect(routes.get(address(4))).toEqual([4, 2, 3]);
    expect(routes.get(address(2))).toEqual([2, 4]);
    const chain = lfaRouting.routesFrom(graphOf(REFERENCE), ONE);
    expect(chain.get(address(5))).toEqual([3, 2]);
    expect(lfaRouting.routesFrom(graphOf(REFERENCE), address(4)).get(address(5))).toEqual([5]);
  });
});

describe('equal-cost multipath', () => {
  it('has both ways around the square', () => {
    const routes = ecmpRouting.routesFrom(graphOf(SQUARE), address(2));
    expect(routes.get(address(3))).toEqual([1, 4]);
    expect(routes.get(address(4))).toEqual([4]);
  });
});

describe('on any graph', () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 })), { maxLength: 25 });
  const nodes = Array.from({ length: 10 }, (_, i) => address(i + 1));

  /** Where a packet ends that each node hands to any of the hops of `via`; undefined: it may go round for ever. */
  function hopsAtMost(start: Address, to: Address, via: (at: Address) => readonly Address[]): number | undefined {
    let [level, hops] = [new Set([start]), 0];
    for (; hops <= nodes.length; hops += 1) {
      level.delete(to);
      if (level.size === 0) return hops;
      level = new Set([...level].flatMap(via));
    }
    return undefined;
  }

  it('equal-cost paths are as long as the shortest', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const graph = graphOf(list);
        const routes = new Map(nodes.map((node) => [node, ecmpRouting.routesFrom(graph, node)]));
        for (const from of nodes) {
          for (const [to, distance] of graph.distancesFrom(from)) {
            expect(hopsAtMost(from, to, (at) => routes.get(at)!.get(to)!)).toBe(distance);
          }
        }
      }),
    );
  });

  it('an alternate brings the packet to its destination without coming back', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const graph = graphOf(list);
        const simple = new Map(nodes.map((node) => [node, simpleRouting.routesFrom(graph, node)]));
        for (const from of nodes) {
          for (const [to, [, ...alternates]] of lfaRouting.routesFrom(graph, from)) {
            for (const alternate of alternates) {
              const onward = (at: Address): readonly Address[] => (at === from ? [] : simple.get(at)!.get(to)!);
              expect(reaches(alternate, to, onward)).toBe(true);
            }
          }
        }
      }),
    );
  });

  function reaches(start: Address, to: Address, via: (at: Address) => readonly Address[]): boolean {
    let at: Address | undefined = start;
    for (let hops = 0; at !== undefined && at !== to && hops <= nodes.length; hops += 1) at = via(at)[0];
    return at === to;
  }
});
