import { TimerTable, type Machine, type Sink } from '@ouroboros/machine';
import { NEVER, address, fromMs, fromSeconds, micros, type Address, type Micros } from '@ouroboros/model';
import { decodeLsa, encodeLsa } from '@ouroboros/wire';
import type { LsEntry } from './database.js';
import { sameRoutes, type Distances, type Routes } from './graph.js';
import { MAX_ENTRIES, decodeSync, encodeEntries, encodeSummary, type Announcement } from './messages.js';
import type { RoutingPolicy } from './policy.js';
import { STATEMENT } from './statement.js';
import type { Statements } from './statements.js';
import { MAX_DATABASE, Topology } from './topology.js';

/**
 * Link-state routing of one member [spec/wire-control.md §4].
 *
 * Story: each data-transfer neighbour is one adjacency that this member announces with a rising sequence number, at once
 * and again every t_update. Announcements of others are stored when they are newer and passed on to every other management
 * neighbour. A link counts when both ends announce it; the forwarding table follows every change at once.
 *
 * Neighbours that announced LS_SYNC also get withdrawals, so that nothing has to age out, and a summary of the
 * database now and then; whoever finds another summary than its own sends its database, so that lost packets are made
 * good. Towards C neighbours the bytes are those of C, and what C cannot be told ages out there.
 *
 * In a layer with authenticated members a member signs all its adjacencies together, as a statement that takes the place of
 * its announcements and replaces its last one whole; it is passed on as it came. What is not signed by its origin is dropped.
 *
 * States of an entry: announced → (withdrawn | aged out). An own entry is announced while the adjacency is up.
 */
export interface LinkStateConfig {
  readonly self: Address;
  readonly policy: RoutingPolicy;
  /** Seconds; refresh of own entries. */
  readonly tUpdate: number;
  /** Seconds; an entry that is not refreshed for so long is dropped. */
  readonly tTimeout: number;
  /** In a layer with authenticated members: nothing counts but what its origin has signed. */
  readonly statements?: Statements | undefined;
}

/** A management flow; the number is the caller's. */
export type NeighborId = number;

export type LinkStateInput =
  | { readonly kind: 'adjacency-up'; readonly address: Address }
  /** `ended`: the flow to the neighbour ended; false: it fell silent, and may come back. */
  | { readonly kind: 'adjacency-down'; readonly address: Address; readonly ended: boolean }
  | { readonly kind: 'neighbor-up'; readonly neighbor: NeighborId; readonly sync: boolean }
  | { readonly kind: 'neighbor-down'; readonly neighbor: NeighborId }
  /** `bytes` is read during the call only. */
  | { readonly kind: 'packet'; readonly neighbor: NeighborId; readonly bytes: Uint8Array }
  /** Leave the layer: withdraws what this member announced. */
  | { readonly kind: 'leave' };

export type LinkStateOutput =
  | { readonly kind: 'send'; readonly neighbor: NeighborId; readonly bytes: Uint8Array }
  | { readonly kind: 'routes'; readonly routes: Routes }
  /** All flows to this member ended: it died or left, so what was agreed with it is void. */
  | { readonly kind: 'gone'; readonly address: Address }
  /** The neighbour itself sent a statement of its own that does not hold: its certificate is void. */
  | { readonly kind: 'distrusted'; readonly neighbor: NeighborId; readonly address: Address }
  /** Somebody else announces adjacencies in our name, again and again: the address is used twice. */
  | { readonly kind: 'duplicate-address'; readonly address: Address };

export interface LinkStateCounters {
  received: number;
  malformed: number;
  stale: number;
  forwarded: number;
  dumps: number;
  /** Unsigned, or not signed by who it is about. */
  forged: number;
}

/** Between two summaries to a neighbour; a lost packet is made good within this time and one way. */
export const SUMMARY_INTERVAL = fromMs(200);
/** Where nothing has changed for so long, be it said again and again, summaries are only for what all of them before have missed. */
const SETTLED_AFTER = fromSeconds(3);
const SUMMARY_INTERVAL_AT_REST = fromMs(1_500);
/** Not more often than this is the database sent to one neighbour because summaries differ. */
const DUMP_INTERVAL = fromMs(200);
const AGE_INTERVAL = fromMs(900);
/** So often must our own withdrawals be contradicted before we believe in a second holder of our address. */
const CONTRADICTIONS = 3;

/** With the looks of links: a member at rest wakes once for all. */
const nextOf = (interval: Micros, now: Micros): Micros => micros((Math.floor(now / interval) + 1) * interval);

const toLsa = ({ src, dst, seq }: Announcement): Uint8Array =>
  encodeLsa({ destination: dst, source: src, sequence: seq });

function fromLsa(bytes: Uint8Array): Announcement | undefined {
  const lsa = decodeLsa(bytes);
  if (!lsa.ok || lsa.value.destination === 0 || lsa.value.source === 0) return undefined;
  const { destination, source, sequence } = lsa.value;
  return { dst: address(destination), src: address(source), seq: sequence, withdrawn: false, ended: false, ageMs: 0 };
}

interface Neighbor {
  readonly sync: boolean;
  nextDump: Micros;
}

export class LinkState implements Machine<LinkStateInput, LinkStateOutput> {
  readonly counters: LinkStateCounters = { received: 0, malformed: 0, stale: 0, forwarded: 0, dumps: 0, forged: 0 };
  private readonly topology: Topology;
  private readonly neighbors = new Map<NeighborId, Neighbor>();
  private readonly adjacent = new Set<Address>();
  private readonly timers = new TimerTable<'refresh' | 'age' | 'summary'>();
  private routes: Routes = new Map();
  private routesVersion = 0;
  private distances: Distances = new Map();
  private distancesVersion = 0;
  /** Members that can no longer be reached, while there is still news of them, and what was the last news before. */
  private readonly lost = new Map<Address, number>();
  /** The last news that routes were made from. */
  private settled = 0;
  /** When something changed, and how many changes were seen. */
  private changedAt: Micros;
  private seen = 0;
  private contradictions = 0;
  /** What this member announces has changed since it last signed. */
  private unsaid = false;

  constructor(
    private readonly config: LinkStateConfig,
    now: Micros,
  ) {
    this.topology = new Topology(config.tTimeout);
    this.timers.set('refresh', micros(now + fromSeconds(config.tUpdate)));
    this.timers.set('age', nextOf(AGE_INTERVAL, now));
    this.changedAt = now;
  }

  get deadline(): Micros {
    return this.timers.deadline;
  }

  handle(input: LinkStateInput, now: Micros, out: Sink<LinkStateOutput>): void {
    switch (input.kind) {
      case 'adjacency-up':
        this.adjacent.add(input.address);
        this.originate(input.address, 'up', now, out);
        break;
      case 'adjacency-down':
        if (this.adjacent.delete(input.address)) {
          this.originate(input.address, input.ended ? 'ended' : 'silent', now, out);
        }
        break;
      case 'neighbor-up':
        this.addNeighbor(input.neighbor, input.sync, now, out);
        break;
      case 'neighbor-down':
        this.removeNeighbor(input.neighbor);
        break;
      case 'packet':
        this.onPacket(input.neighbor, input.bytes, now, out);
        break;
      case 'leave':
        for (const address of this.adjacent) this.originate(address, 'ended', now, out);
        this.adjacent.clear();
        break;
    }
    this.after(now, out);
  }

  wake(now: Micros, out: Sink<LinkStateOutput>): void {
    for (let due = this.timers.takeDue(now); due !== undefined; due = this.timers.takeDue(now)) {
      if (due === 'refresh') this.refresh(now, out);
      else if (due === 'age') this.age(now);
      else this.sendSummaries(now, out);
    }
    this.after(now, out);
  }

  /** For reports; sorted by source and destination. */
  entries(): readonly Readonly<LsEntry>[] {
    return [...this.topology.database.values()].sort((a, b) => a.src - b.src || a.dst - b.dst);
  }

  currentRoutes(): Routes {
    return this.routes;
  }

  /** Members that packets pass, the destination last; empty = no way. */
  pathTo(destination: Address): Address[] {
    const next = this.routes.get(destination)?.[0];
    if (next === undefined) return [];
    return next === destination ? [next] : [next, ...this.topology.graph.path(next, destination)];
  }

  /** Members that packets pass from one member to another, the last one included; empty = no way. */
  pathBetween(from: Address, to: Address): Address[] {
    return this.topology.graph.path(from, to);
  }

  /** Links that both ends announce, each once. */
  links(): readonly (readonly [Address, Address])[] {
    const pairs = this.entries().filter(({ src, dst, withdrawn }) => src < dst && !withdrawn);
    return pairs
      .filter(({ src, dst }) => this.topology.graph.linked(src).includes(dst))
      .map(({ src, dst }) => [src, dst]);
  }

  /** Infinity = no way. */
  hopsTo(destination: Address): number {
    if (this.distancesVersion !== this.topology.graph.version) {
      this.distancesVersion = this.topology.graph.version;
      this.distances = this.topology.graph.distancesFrom(this.config.self);
    }
    return this.distances.get(destination) ?? Infinity;
  }

  /** Announces or withdraws the own adjacency to `dst`, above every sequence number that was ever seen for it. */
  private originate(dst: Address, state: 'up' | 'silent' | 'ended', now: Micros, out: Sink<LinkStateOutput>): void {
    const known = this.topology.database.get(this.config.self, dst);
    const seq = known ? known.seq + 1n : 0n;
    const withdrawn = state !== 'up';
    const news = { src: this.config.self, dst, seq, withdrawn, ended: state === 'ended', ageMs: 0 };
    this.topology.store(news, now);
    if (this.config.statements) this.unsaid = true;
    else this.flood(news, undefined, out);
  }

  /** Signs what has changed. What is withdrawn goes on ageing, and is left out when all have forgotten it. */
  private say(now: Micros, out: Sink<LinkStateOutput>): void {
    const { statements, self } = this.config;
    if (!statements || !this.unsaid) return;
    this.unsaid = false;
    const own = this.topology.database.of(self);
    const number = statements.nextNumber();
    const message = statements.state(number, own, now);
    if (!message) return;
    for (const entry of own) this.topology.database.renew(entry, number, entry.withdrawn ? entry.stamp : now);
    this.spread(message, undefined, out);
  }

  private spread(bytes: Uint8Array, except: NeighborId | undefined, out: Sink<LinkStateOutput>): void {
    for (const neighbor of this.neighbors.keys()) if (neighbor !== except) out.emit({ kind: 'send', neighbor, bytes });
  }

  private onStatement(
    statements: Statements,
    from: NeighborId,
    bytes: Uint8Array,
    now: Micros,
    out: Sink<LinkStateOutput>,
  ): void {
    const verdict = statements.receive(bytes, now);
    switch (verdict.kind) {
      case 'malformed':
        this.counters.malformed += 1;
        break;
      case 'stale':
        this.counters.stale += 1;
        break;
      case 'forged':
        this.counters.forged += 1;
        out.emit({ kind: 'distrusted', neighbor: from, address: verdict.origin });
        break;
      case 'own':
        // From an earlier life of this member, or from a second holder of its key.
        this.unsaid = true;
        this.contradictions += 1;
        if (this.contradictions === CONTRADICTIONS) out.emit({ kind: 'duplicate-address', address: this.config.self });
        break;
      case 'news':
        this.topology.replace(verdict.statement, verdict.stamp, now);
        this.counters.forwarded += 1;
        this.spread(statements.messageOf(verdict.statement.origin, now)!, from, out);
    }
  }

  private flood(news: Announcement, except: NeighborId | undefined, out: Sink<LinkStateOutput>): void {
    for (const [id, neighbor] of this.neighbors) {
      if (id !== except) this.send(id, neighbor, [news], out);
    }
  }

  /** C understands single announcements only, and no withdrawal. */
  private send(id: NeighborId, neighbor: Neighbor, news: readonly Announcement[], out: Sink<LinkStateOutput>): void {
    if (neighbor.sync) {
      for (let at = 0; at < news.length; at += MAX_ENTRIES) {
        out.emit({ kind: 'send', neighbor: id, bytes: encodeEntries(news.slice(at, at + MAX_ENTRIES)) });
      }
      return;
    }
    for (const entry of news) {
      if (!entry.withdrawn) out.emit({ kind: 'send', neighbor: id, bytes: toLsa(entry) });
    }
  }

  private addNeighbor(id: NeighborId, sync: boolean, now: Micros, out: Sink<LinkStateOutput>): void {
    const neighbor = { sync, nextDump: now };
    this.neighbors.set(id, neighbor);
    this.dump(id, neighbor, now, out);
    this.changedAt = now;
    if (sync) this.timers.set('summary', nextOf(SUMMARY_INTERVAL, now));
  }

  private removeNeighbor(id: NeighborId): void {
    this.neighbors.delete(id);
    if (![...this.neighbors.values()].some((neighbor) => neighbor.sync)) this.timers.stop('summary');
  }

  private dump(id: NeighborId, neighbor: Neighbor, now: Micros, out: Sink<LinkStateOutput>): void {
    neighbor.nextDump = micros(now + DUMP_INTERVAL);
    this.counters.dumps += 1;
    const { statements } = this.config;
    if (statements) {
      for (const origin of statements.origins()) {
        out.emit({ kind: 'send', neighbor: id, bytes: statements.messageOf(origin, now)! });
      }
      return;
    }
    const living = [...this.topology.database.values()].filter((entry) => !this.topology.expired(entry, now));
    const news = living.map((entry) => ({ ...entry, ageMs: Math.round((now - entry.stamp) / 1000) }));
    this.send(id, neighbor, news, out);
  }

  private onPacket(id: NeighborId, bytes: Uint8Array, now: Micros, out: Sink<LinkStateOutput>): void {
    const neighbor = this.neighbors.get(id);
    if (!neighbor) return;
    this.counters.received += 1;
    const { statements } = this.config;
    if (statements && bytes[0] === STATEMENT) return this.onStatement(statements, id, bytes, now, out);
    const lsa = fromLsa(bytes);
    if (lsa) return this.onNews([lsa], id, now, out);
    const message = neighbor.sync ? decodeSync(bytes) : undefined;
    if (!message) this.counters.malformed += 1;
    else if (message.kind === 'entries') this.onNews(message.entries, id, now, out);
    else if (message.digest !== this.topology.database.digest || message.count !== this.topology.database.size) {
      this.changed(now);
      if (now >= neighbor.nextDump) this.dump(id, neighbor, now, out);
    }
  }

  /** Not signed by anybody. */
  private onNews(all: readonly Announcement[], from: NeighborId, now: Micros, out: Sink<LinkStateOutput>): void {
    if (this.config.statements) this.counters.forged += 1;
    else for (const news of all) this.onOne(news, from, now, out);
  }

  private onOne(news: Announcement, from: NeighborId, now: Micros, out: Sink<LinkStateOutput>): void {
    const known = this.topology.database.get(news.src, news.dst);
    const newer = !known || news.seq > known.seq;
    if (news.src === this.config.self) return newer ? this.contradict(news, now, out) : undefined;
    const dead = this.topology.expired({ stamp: micros(now - fromMs(news.ageMs)), withdrawn: news.withdrawn }, now);
    if (!newer || dead || (!known && this.topology.database.size >= MAX_DATABASE)) {
      this.counters.stale += 1;
      return;
    }
    this.topology.store(news, now);
    this.counters.forwarded += 1;
    this.flood(news, from, out);
  }

  /**
   * News about ourselves that we did not send: from an earlier life of this member, so we speak with a higher number
   * [spec/wire-control.md Q3, Q19]. A neighbour of that life may well live. When withdrawals are contradicted again and again, somebody else uses our address.
   */
  private contradict(news: Announcement, now: Micros, out: Sink<LinkStateOutput>): void {
    this.topology.database.put({ ...news, withdrawn: true }, now);
    const wanted = this.adjacent.has(news.dst);
    this.originate(news.dst, wanted ? 'up' : 'silent', now, out);
    if (wanted || news.withdrawn) return;
    this.contradictions += 1;
    if (this.contradictions === CONTRADICTIONS) out.emit({ kind: 'duplicate-address', address: this.config.self });
  }

  private refresh(now: Micros, out: Sink<LinkStateOutput>): void {
    this.timers.set('refresh', micros(now + fromSeconds(this.config.tUpdate)));
    for (const address of this.adjacent) this.originate(address, 'up', now, out);
  }

  /** Own entries are stamped by each refresh and so never age; own tombstones do. */
  private age(now: Micros): void {
    this.timers.set('age', nextOf(AGE_INTERVAL, now));
    const dropped = this.topology.dropExpired(now);
    if (this.config.statements && dropped.some(({ src }) => src === this.config.self)) this.unsaid = true;
    this.forgetSilent();
  }

  private forgetSilent(): void {
    const { statements } = this.config;
    if (!statements) return;
    const speaking = new Set([...this.topology.database.values()].map(({ src }) => src));
    for (const origin of [...statements.origins()]) if (!speaking.has(origin)) statements.forget(origin);
    statements.prune();
  }

  private sendSummaries(now: Micros, out: Sink<LinkStateOutput>): void {
    this.say(now, out);
    const rests = now - this.changedAt >= SETTLED_AFTER;
    this.timers.set('summary', nextOf(rests ? SUMMARY_INTERVAL_AT_REST : SUMMARY_INTERVAL, now));
    const bytes = encodeSummary(this.topology.database.size, this.topology.database.digest);
    for (const [id, neighbor] of this.neighbors) if (neighbor.sync) out.emit({ kind: 'send', neighbor: id, bytes });
  }

  /** Whatever happened is followed by what it led to. */
  private after(now: Micros, out: Sink<LinkStateOutput>): void {
    this.say(now, out);
    if (this.seen !== this.topology.database.changes) this.changed(now);
    this.publishRoutes(out);
    this.noticeGone(out);
  }

  /** From now on summaries come often. */
  private changed(now: Micros): void {
    this.seen = this.topology.database.changes;
    this.changedAt = now;
    if (this.timers.get('summary') !== NEVER) this.timers.set('summary', nextOf(SUMMARY_INTERVAL, now));
  }

  private publishRoutes(out: Sink<LinkStateOutput>): void {
    if (this.topology.graph.version === this.routesVersion) return;
    this.routesVersion = this.topology.graph.version;
    const routes = this.config.policy.routesFrom(this.topology.graph, this.config.self);
    if (sameRoutes(routes, this.routes)) return;
    for (const address of this.routes.keys()) if (!routes.has(address)) this.lost.set(address, this.settled);
    for (const address of routes.keys()) this.lost.delete(address);
    this.routes = routes;
    out.emit({ kind: 'routes', routes });
  }

  private isHeard(address: Address): boolean {
    return address === this.config.self || this.routes.has(address);
  }

  /**
   * The last neighbour to tell of the end may come long after the last route is lost. What those say that cannot be reached
   * themselves counts for nothing, as their news would not come through; nor does what was known before it was lost.
   */
  private noticeGone(out: Sink<LinkStateOutput>): void {
    if (this.settled === this.topology.database.order) return;
    this.settled = this.topology.database.order;
    for (const [address, before] of this.lost) {
      const known = [...this.topology.database.values()].filter(({ dst }) => dst === address);
      const heard = known.filter(({ src }) => this.isHeard(src));
      const gone =
        heard.some(({ order }) => order > before) && heard.every(({ withdrawn, ended }) => withdrawn && ended);
      if (gone || known.length === 0) this.lost.delete(address);
      if (gone) out.emit({ kind: 'gone', address });
    }
  }
}
