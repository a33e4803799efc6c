import fc from 'fast-check';
import { CollectingSink } from '@ouroboros/machine';
import { address, fromHex, micros, toHex, type Address } from '@ouroboros/model';
import { decodeSync, encodeEntries, encodeSummary } from './messages.js';
import { simpleRouting } from './simple.js';
import { Graph, LinkState, sameRoutes, type LinkStateOutput } from './index.js';

const A = address(0x0a0b0c0d);
const B = address(0x11223344);
const C = address(3);

/** The obvious twin: Dijkstra that scans all vertices in ascending order; ties keep the first found. */
function plainDijkstra(links: ReadonlyMap<Address, ReadonlySet<Address>>, self: Address): Map<Address, Address> {
  const distance = new Map<Address, number>([[self, 0]]);
  const hop = new Map<Address, Address>();
  const done = new Set<Address>();
  const all = [...links.keys()].sort((a, b) => a - b);
  for (;;) {
    let next: Address | undefined;
    for (const node of all) {
      if (done.has(node) || !distance.has(node)) continue;
      if (next === undefined || distance.get(node)! < distance.get(next)!) next = node;
    }
    if (next === undefined) return hop;
    done.add(next);
    for (const other of [...links.get(next)!].sort((a, b) => a - b)) {
      if (distance.has(other) && distance.get(other)! <= distance.get(next)! + 1) continue;
      distance.set(other, distance.get(next)! + 1);
      hop.set(other, next === self ? other : hop.get(next)!);
    }
  }
}

const linksOf = (pairs: readonly (readonly [number, number])[]): Map<Address, Set<Address>> => {
  const links = new Map<Address, Set<Address>>();
  for (const [a, b] of pairs) {
    if (a === b) continue;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!links.has(address(from))) links.set(address(from), new Set());
      links.get(address(from))!.add(address(to));
    }
  }
  return links;
};

const pairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })), { maxLength: 30 });

describe('Graph', () => {
  it('finds the next hops of a plain Dijkstra', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const links = linksOf(list);
        const graph = new Graph();
        for (const [src, targets] of links) for (const dst of targets) graph.add({ src, dst });
        for (const self of links.keys()) {
          const found = [...graph.shortestPaths(self)].map(([node, hops]) => [node, hops[0]] as const);
          expect(new Map(found)).toEqual(plainDijkstra(links, self));
        }
      }),
    );
  });

  it('uses a link only when both ends announce it', () => {
    const graph = new Graph();
    graph.add({ src: A, dst: B });
    expect(graph.shortestPaths(A).size).toBe(0);
    graph.add({ src: B, dst: A });
    expect(graph.shortestPaths(A)).toEqual(new Map([[B, [B]]]));
    graph.delete({ src: A, dst: B });
    expect(graph.shortestPaths(A).size).toBe(0);
  });
});

describe('sync messages', () => {
  it('survive a round trip and are never 24 bytes long', () => {
    const entry = fc.record({
      dst: fc.integer({ min: 1, max: 0xffffffff }).map(address),
      src: fc.integer({ min: 1, max: 0xffffffff }).map(address),
      seq: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      ageMs: fc.integer({ min: 0, max: 0xffffffff }),
      withdrawn: fc.boolean(),
      ended: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 40 }), (entries) => {
        const bytes = encodeEntries(entries);
        expect(bytes.length).not.toBe(24);
        expect(decodeSync(bytes)).toEqual({ kind: 'entries', entries });
      }),
    );
    expect(decodeSync(encodeSummary(7, 2n ** 63n))).toEqual({ kind: 'summary', count: 7, digest: 2n ** 63n });
  });

  it('are refused when malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeSync(bytes);
        if (decoded) expect([13, 30, 59, 88, 117, 146, 175]).toContain(bytes.length);
      }),
    );
    expect(decodeSync(new Uint8Array(30).fill(0, 1).fill(2, 0, 1))).toBeUndefined();
  });
});

/** A network of LinkState machines in virtual time; packets take 1 ms, and may be lost. */
class Network {
  now = 0;
  private readonly queue: { at: number; to: Address; from: Address; bytes: Uint8Array }[] = [];
  readonly nodes = new Map<Address, LinkState>();
  readonly sink = new CollectingSink<LinkStateOutput>();
  readonly links = new Map<Address, Set<Address>>();
  readonly duplicates: Address[] = [];
  /** Who learnt that whom is gone. */
  readonly gone: [Address, Address][] = [];
  lost = (): boolean => false;

  constructor(private readonly speaksSync: (a: Address, b: Address) => boolean = () => true) {}

  node(self: Address): LinkState {
    let node = this.nodes.get(self);
    if (!node)
      this.nodes.set(
        self,
        (node = new LinkState({ self, policy: simpleRouting, tUpdate: 15, tTimeout: 60 }, micros(this.now))),
      );
    return node;
  }

  /** The neighbour's address serves as the number of the management flow. */
  link(a: Address, b: Address): void {
    for (const [self, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const targets = this.links.get(self) ?? new Set<Address>();
      this.links.set(self, targets.add(other));
      this.input(self, { kind: 'neighbor-up', neighbor: other, sync: this.speaksSync(a, b) });
      this.input(self, { kind: 'adjacency-up', address: other });
    }
  }

  cut(a: Address, b: Address): void {
    for (const [self, other] of [
      [a, b],
      [b, a],
    ] as const) {
      this.links.get(self)!.delete(other);
      this.input(self, { kind: 'neighbor-down', neighbor: other });
      this.input(self, { kind: 'adjacency-down', address: other, ended: false });
    }
  }

  input(self: Address, input: Parameters<LinkState['handle']>[0]): void {
    this.node(self).handle(input, micros(this.now), this.sink);
    this.collect(self);
  }

  run(until: number): void {
    for (;;) {
      const packet = this.queue[0];
      const waking = [...this.nodes].reduce((a, b) => (b[1].deadline < a[1].deadline ? b : a));
      const next = Math.min(packet?.at ?? Infinity, waking[1].deadline);
      if (next > until) break;
      this.now = next;
      if (packet && packet.at === next) this.deliver();
      else {
        waking[1].wake(micros(this.now), this.sink);
        this.collect(waking[0]);
      }
    }
    this.now = until;
  }

  expectTrueRoutes(): void {
    for (const [self, node] of this.nodes) {
      const found = new Map([...node.currentRoutes()].map(([to, hops]) => [to, hops[0]!]));
      expect(found).toEqual(plainDijkstra(this.links, self));
    }
  }

  private deliver(): void {
    const packet = this.queue.shift()!;
    this.input(packet.to, { kind: 'packet', neighbor: packet.from, bytes: packet.bytes });
  }

  private collect(self: Address): void {
    for (const output of this.sink.take()) {
      if (output.kind === 'gone') this.gone.push([self, output.address]);
      if (output.kind === 'duplicate-address') this.duplicates.push(output.address);
      if (output.kind !== 'send' || this.lost()) continue;
      this.queue.push({ at: this.now + 1000, to: address(output.neighbor), from: self, bytes: output.bytes });
    }
  }
}

const SECOND = 1_000_000;

describe('LinkState', () => {
  it('speaks the bytes of the spec to a C neighbour', () => {
    const sink = new CollectingSink<LinkStateOutput>();
    const node = new LinkState({ self: A, policy: simpleRouting, tUpdate: 15, tTimeout: 60 }, micros(0));
    node.handle({ kind: 'neighbor-up', neighbor: 1, sync: false }, micros(0), sink);
    node.handle({ kind: 'adjacency-up', address: B }, micros(0), sink);
    for (let i = 1; i <= 7; i += 1) node.wake(micros(i * 15 * SECOND), sink);
    const sent = sink
      .take()
      .filter((output) => output.kind === 'send')
      .map((output) => toHex(output.bytes));
    expect(sent).toHaveLength(8);
    expect(sent[7]).toBe('0000000011223344000000000a0b0c0d0000000000000007');
    node.handle({ kind: 'adjacency-down', address: B, ended: true }, micros(200 * SECOND), sink);
    expect(sink.take().filter((output) => output.kind === 'send')).toEqual([]);
  });

  it('passes a C announcement on unchanged, but not back, and not twice', () => {
    const sink = new CollectingSink<LinkStateOutput>();
    const node = new LinkState({ self: C, policy: simpleRouting, tUpdate: 15, tTimeout: 60 }, micros(0));
    for (const neighbor of [1, 2]) node.handle({ kind: 'neighbor-up', neighbor, sync: false }, micros(0), sink);
    const bytes = fromHex('0000000011223344000000000a0b0c0d0000000000000007');
    node.handle({ kind: 'packet', neighbor: 1, bytes }, micros(0), sink);
    node.handle({ kind: 'packet', neighbor: 1, bytes }, micros(0), sink);
    expect(sink.take()).toEqual([{ kind: 'send', neighbor: 2, bytes }]);
    expect(node.counters).toMatchObject({ forwarded: 1, stale: 1 });
  });

  it('withdraws at once among our members and routes around a cut link', () => {
    const network = new Network();
    network.link(A, B);
    network.link(B, C);
    network.link(A, C);
    network.run(SECOND);
    network.expectTrueRoutes();
    network.cut(A, B);
    network.run(SECOND + 10_000);
    network.expectTrueRoutes();
    expect(network.node(A).currentRoutes().get(B)).toEqual([C]);
  });

  it('tells a member that is gone from one that cannot be reached', () => {
    for (const ended of [true, false]) {
      const network = new Network();
      network.link(A, B);
      network.link(B, C);
      network.run(SECOND);
      network.input(B, { kind: 'neighbor-down', neighbor: C });
      network.input(B, { kind: 'adjacency-down', address: C, ended });
      network.run(2 * SECOND);
      expect(network.gone).toEqual(
        ended
          ? [
              [B, C],
              [A, C],
            ]
          : [],
      );
    }
  });

  it('tells that a member is gone that took leave, when its last neighbour has seen the end too', () => {
    const network = new Network();
    network.link(A, B);
    network.link(B, C);
    network.run(SECOND);
    network.input(C, { kind: 'leave' });
    network.run(2 * SECOND);
    expect(network.node(A).currentRoutes().has(C)).toBe(false);
    expect(network.gone.filter(([, who]) => who === C)).toEqual([]);
    network.input(B, { kind: 'neighbor-down', neighbor: C });
    network.input(B, { kind: 'adjacency-down', address: C, ended: true });
    network.run(3 * SECOND);
    expect(network.gone.filter(([self, who]) => who === C && self !== C)).toEqual([
      [B, C],
      [A, C],
    ]);
  });

  it('tells that the middle of a line is gone, whatever those behind it said last', () => {
    const network = new Network();
    network.link(A, B);
    network.link(B, C);
    network.run(SECOND);
    for (const end of [A, C]) {
      network.input(end, { kind: 'neighbor-down', neighbor: B });
      network.input(end, { kind: 'adjacency-down', address: B, ended: true });
    }
    expect(network.gone).toEqual([
      [A, B],
      [C, B],
    ]);
  });

  it('does not take a member behind one that is gone for gone, for all that they once were neighbours', () => {
    const network = new Network();
    network.link(A, B);
    network.link(B, C);
    network.link(A, C);
    network.run(SECOND);
    for (const [self, other] of [
      [A, C],
      [C, A],
    ] as const) {
      network.input(self, { kind: 'neighbor-down', neighbor: other });
      network.input(self, { kind: 'adjacency-down', address: other, ended: true });
    }
    network.run(2 * SECOND);
    expect(network.node(A).currentRoutes().get(C)).toEqual([B]);
    for (const end of [A, C]) {
      network.input(end, { kind: 'neighbor-down', neighbor: B });
      network.input(end, { kind: 'adjacency-down', address: B, ended: true });
    }
    network.run(3 * SECOND);
    expect(network.gone.filter(([self]) => self !== B)).toEqual([
      [A, B],
      [C, B],
    ]);
  });

  it('lets an entry age out that a C member can no longer announce', () => {
    const network = new Network(() => false);
    network.link(A, B);
    network.link(B, C);
    network.run(SECOND);
    network.cut(B, C);
    network.run(40 * SECOND);
    expect(
      network
        .node(A)
        .entries()
        .some((entry) => entry.src === C),
    ).toBe(true);
    network.run(80 * SECOND);
    network.expectTrueRoutes();
    expect(
      network
        .node(A)
        .entries()
        .some((entry) => entry.src === C),
    ).toBe(false);
  });

  it('does not let members revive each other s aged entries', () => {
    const network = new Network();
    network.link(A, B);
    network.link(B, C);
    network.run(SECOND);
    network.lost = () => true;
    network.cut(B, C);
    network.links.get(C)!.clear();
    network.nodes.delete(C);
    network.lost = () => false;
    network.run(200 * SECOND);
    expect(
      network
        .node(A)
        .entries()
        .map((entry) => [entry.src, entry.dst]),
    ).toEqual([
      [A, B],
      [B, A],
    ]);
  });

  it('speaks above the numbers of its earlier life after a restart', () => {
    const network = new Network();
    network.link(A, B);
    network.run(50 * SECOND);
    network.nodes.delete(A);
    network.input(B, { kind: 'neighbor-down', neighbor: A });
    network.link(A, B);
    network.run(51 * SECOND);
    network.expectTrueRoutes();
    expect(network.duplicates).toEqual([]);
  });

  it('notices that its address is used twice', () => {
    const network = new Network();
    network.link(A, B);
    network.link(B, C);
    network.run(SECOND);
    const twin = address(99);
    for (let seq = 10n; seq < 100n; seq += 10n) {
      const entries = [{ src: C, dst: twin, seq, ageMs: 0, withdrawn: false, ended: false }];
      network.input(C, { kind: 'packet', neighbor: B, bytes: encodeEntries(entries) });
    }
    expect(network.duplicates).toEqual([C]);
  });

  it('has true routes within 2 s after loss and cuts have ended, on any graph', () => {
    fc.assert(
      fc.property(pairs, fc.infiniteStream(fc.integer({ min: 0, max: 4 })), (list, chance) => {
        const network = new Network();
        network.node(address(1));
        network.lost = () => chance.next().value === 0;
        const links = [...linksOf(list)].flatMap(([a, targets]) =>
          [...targets].filter((b) => a < b).map((b) => [a, b] as const),
        );
        for (const [a, b] of links) network.link(a, b);
        network.run(3 * SECOND);
        links.filter((_, i) => i % 3 === 0).forEach(([a, b]) => network.cut(a, b));
        network.run(5 * SECOND);
        network.lost = () => false;
        network.run(7 * SECOND);
        network.expectTrueRoutes();
      }),
      { numRuns: 40 },
    );
  });

  it('survives arbitrary packets with bounded memory', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 50 }), (packets) => {
        const sink = new CollectingSink<LinkStateOutput>();
        const node = new LinkState({ self: A, policy: simpleRouting, tUpdate: 15, tTimeout: 60 }, micros(0));
        node.handle({ kind: 'neighbor-up', neighbor: 1, sync: true }, micros(0), sink);
        for (const bytes of packets) node.handle({ kind: 'packet', neighbor: 1, bytes }, micros(0), sink);
        expect(node.entries().length).toBeLessThanOrEqual(packets.length * 2);
      }),
    );
    const routes = new Map([[A, [B]]]);
    expect(sameRoutes(routes, new Map([[A, [C]]]))).toBe(false);
  });
});
