import { TimerTable, type Machine, type Sink } from '@ouroboros/machine';
import { fromSeconds, micros, toHex, type Address, type Micros } from '@ouroboros/model';
import { decodeDht } from '@ouroboros/wire';
import type {
  DhtContact,
  DhtFindNodeResponse,
  DhtFindRequest,
  DhtFindValueResponse,
  DhtMessage,
} from '@ouroboros/wire';
import { ContactTable, type Contact } from './contact-table.js';
import type { DhtConfig, DhtCounters, DhtInput, DhtOutput } from './contract.js';
import { Joining } from './joining.js';
import { Keeping } from './keeping.js';
import { PeersOfOurs } from './peers-of-ours.js';
import { PlainValues } from './plain-values.js';
import { Publishing } from './publishing.js';
import { Searches, type Outcome } from './searches.js';
import { SignedValues } from './signed-values.js';
import { Speaker } from './speaker.js';
import type { ValueStore } from './value-store.js';
import type { Values, Via } from './values.js';

const HOUSEKEEPING_INTERVAL = fromSeconds(10);

const nothingFollows = (): void => undefined;

/**
 * The directory of a unicast layer: a Kademlia table from the hash of a name to addresses [spec/wire-control.md §6].
 *
 * Story: a member joins by asking one that it can reach for the members near its own random id. It publishes its names
 * by searching the k members closest to each key and storing its address there, again every 20 s and whenever members
 * come or go. It resolves a key by asking ever closer members until one knows a value. Among our peers a value lives as
 * long as it is refreshed, and is withdrawn when its owner unregisters or leaves; a C member's value lives until its expiry.
 *
 * In a layer with authenticated members a value is signed by the member whose address it gives, and whoever takes one checks that
 * (`signed-values.ts`).
 *
 * States: alone (no contact; asks for some every second) ↔ joined.
 *
 * Joining, searches, publishing and keeping have a file each; here stands who is told what.
 */
export class Dht implements Machine<DhtInput, DhtOutput> {
  readonly counters: DhtCounters = {
    received: 0,
    malformed: 0,
    unexpected: 0,
    stored: 0,
    withdrawn: 0,
    lookups: 0,
    mostRounds: 0,
    forged: 0,
    stale: 0,
    unknown: 0,
    crowded: 0,
  };
  readonly contacts: ContactTable;
  private readonly timers = new TimerTable<'housekeeping' | 'refresh' | 'replicate'>();
  private readonly speaker: Speaker;
  private readonly joining: Joining;
  private readonly searches: Searches;
  private readonly publishing: Publishing;
  private readonly keeping: Keeping;
  private readonly ours: PeersOfOurs;
  private readonly values: Values;

  constructor(
    private readonly config: DhtConfig,
    now: Micros,
  ) {
    const { self, signed } = config;
    this.values = signed
      ? new SignedValues({ self, counters: this.counters, ...signed })
      : new PlainValues(self, this.counters);
    this.contacts = new ContactTable(config.id, self, config.k);
    this.speaker = new Speaker(config);
    this.joining = new Joining(config, this.contacts, this.speaker, now);
    this.searches = new Searches(config, this.contacts, this.speaker, this.values);
    this.publishing = new Publishing(config, this.contacts, this.speaker, this.searches, this.values);
    this.keeping = new Keeping(config, this.contacts, this.speaker, this.counters, this.values);
    this.ours = new PeersOfOurs(config.extensions ?? true, this.values.allOurs);
    this.timers.set('housekeeping', micros(now + HOUSEKEEPING_INTERVAL));
    this.timers.set('refresh', micros(now + fromSeconds(config.refreshS)));
    this.timers.set('replicate', micros(now + fromSeconds(config.replicateS)));
  }

  /** Own id, random per start. */
  get id(): Uint8Array {
    return this.config.id;
  }

  /** What others stored here. */
  get store(): ValueStore {
    return this.keeping.store;
  }

  /** Whether the member is a peer of ours; undefined while it was not heard. */
  isOurs(address: Address): boolean | undefined {
    return this.ours.has(address);
  }

  get deadline(): Micros {
    const machines = [this.timers, this.joining, this.searches, this.publishing, this.keeping];
    return micros(Math.min(...machines.map(({ deadline }) => deadline)));
  }

  handle(input: DhtInput, now: Micros, out: Sink<DhtOutput>): void {
    this.onInput(input, now, out);
    this.joining.contactsLost(now);
  }

  wake(now: Micros, out: Sink<DhtOutput>): void {
    this.joining.wake(now, out);
    for (let due = this.timers.takeDue(now); due !== undefined; due = this.timers.takeDue(now))
      this.onTimer(due, now, out);
    this.keeping.wake(now);
    this.publishing.wake(now, out);
    this.searches.wake(now, out);
    this.joining.contactsLost(now);
  }

  private onInput(input: DhtInput, now: Micros, out: Sink<DhtOutput>): void {
    switch (input.kind) {
      case 'register':
        return this.publishing.register(input.key, now, out);
      case 'unregister':
        return this.publishing.withdraw(input.key, now, out);
      case 'lookup':
        return this.resolve(input.id, input.key, now, out);
      case 'message':
        return this.onBytes(input.bytes, input.via ?? this.config.self, now, out);
      case 'reachable':
        return this.onReachable(input.addresses, now, out);
      case 'greet':
        return this.joining.hello(input.address, out);
      case 'leave':
        return this.publishing.withdrawAll(now, out);
      case 'gone':
        return this.contacts.forget(input.address);
    }
  }

  private onTimer(due: 'housekeeping' | 'refresh' | 'replicate', now: Micros, out: Sink<DhtOutput>): void {
    if (due === 'housekeeping') {
      this.timers.set('housekeeping', micros(now + HOUSEKEEPING_INTERVAL));
      this.keeping.expire(now);
    } else if (due === 'refresh') {
      this.timers.set('refresh', micros(now + fromSeconds(this.config.refreshS)));
      this.searches.members(this.config.id, nothingFollows, now, out);
    } else {
      this.timers.set('replicate', micros(now + fromSeconds(this.config.replicateS)));
      this.keeping.replicate(out);
    }
  }

  private onReachable(addresses: ReadonlySet<Address>, now: Micros, out: Sink<DhtOutput>): void {
    const before = this.speaker.reachable;
    const news = [...addresses].filter((address) => !before.has(address) && address !== this.config.self);
    this.speaker.reachable = addresses;
    this.keeping.reachable(before, addresses, now);
    this.joining.meet(news, out);
    if (news.length > 0) this.publishing.own.membersChanged(now);
  }

  private onBytes(bytes: Uint8Array, via: Via, now: Micros, out: Sink<DhtOutput>): void {
    this.counters.received += 1;
    const decoded = decodeDht(bytes, this.config.id.length);
    if (!decoded.ok) {
      this.counters.malformed += 1;
      return;
    }
    const message = decoded.value;
    if (message.src.address === this.config.self) return;
    const ours = this.hear(message, now, out);
    this.onMessage(message, ours, via, now, out);
  }

  /** Learns the sender; answers whether it is a peer of ours. */
  private hear(message: DhtMessage, now: Micros, out: Sink<DhtOutput>): boolean {
    const address = message.src.address as Address;
    const known = this.contacts.get(address);
    const wasAlone = this.contacts.size === 0;
    // The last words of a member that left must not make it known again; one that is not yet reachable is greeted then.
    const isNew = this.speaker.reachable.has(address) && this.contacts.learn(message.src, now, true);
    const ours = this.ours.hear(message, out);
    const contact = this.contacts.get(address);
    if (contact) contact.withdraws = ours;
    if (isNew) this.publishing.own.membersChanged(now, wasAlone);
    if (isNew && known) out.emit({ kind: 'restarted', address });
    return ours;
  }

  private onMessage(message: DhtMessage, ours: boolean, via: Via, now: Micros, out: Sink<DhtOutput>): void {
    switch (message.kind) {
      case 'store':
        return this.keeping.onStore(message, ours, via, now);
      case 'find-node-request':
      case 'find-value-request':
        return this.onRequest(message, ours, now, out);
      case 'find-node-response':
      case 'find-value-response':
        return this.onResponse(message, now, out);
      default:
        return this.keeping.onOther(message, via, now);
    }
  }

  /** C needs at least one contact in an answer; the asker itself is always one of those we know. */
  private onRequest(
    { kind, cookie, key, src }: DhtFindRequest,
    ours: boolean,
    now: Micros,
    out: Sink<DhtOutput>,
  ): void {
    const near: DhtContact[] = this.contacts.closest(key, this.config.k).map(({ id, address }) => ({ id, address }));
    const contacts = near.length > 0 ? near : [src];
    const to = src.address as Address;
    if (kind === 'find-node-request') {
      return this.speaker.say(to, { kind: 'find-node-response', cookie, key, contacts }, out);
    }
    const serving = [...this.keeping.get(key, now), ...(this.publishing.own.has(key) ? [this.config.self] : [])];
    const answer = this.values.answer(key, serving, contacts, ours, now);
    this.speaker.say(to, { kind: 'find-value-response', cookie, key, ...answer }, out);
  }

  private onResponse(message: DhtFindNodeResponse | DhtFindValueResponse, now: Micros, out: Sink<DhtOutput>): void {
    const { kind, cookie, contacts } = message;
    const purpose = kind === 'find-node-response' ? this.joining.purposeOf(cookie) : undefined;
    if (purpose === 'hello') return;
    if (purpose === 'join') {
      for (const contact of contacts) this.contacts.learn(contact, now, false);
      return this.searches.members(this.config.id, nothingFollows, now, out);
    }
    const values = message.kind === 'find-value-response' ? message.values : [];
    if (!this.searches.answered(cookie, contacts, values, now, out)) this.counters.unexpected += 1;
  }

  private resolve(id: number, key: Uint8Array, now: Micros, out: Sink<DhtOutput>): void {
    this.counters.lookups += 1;
    const stored = this.keeping.get(key, now);
    const useful = stored.filter((address) => this.speaker.isUseful(address));
    if (useful.length > 0 || this.searches.full) {
      out.emit({ kind: 'found', id, addresses: useful, refused: 0, rounds: 0 });
      return;
    }
    const concluded = ({ values, refused, rounds }: Outcome, sink: Sink<DhtOutput>): void => {
      this.counters.mostRounds = Math.max(this.counters.mostRounds, rounds);
      sink.emit({ kind: 'found', id, addresses: values, refused, rounds });
    };
    this.searches.value(key, stored, concluded, now, out);
  }

  /** For reports: what this member has published, and whom it knows. */
  describe(): { readonly own: readonly string[]; readonly contacts: readonly Contact[] } {
    return { own: this.publishing.own.keys().map(toHex), contacts: [...this.contacts.values()] };
  }
}
