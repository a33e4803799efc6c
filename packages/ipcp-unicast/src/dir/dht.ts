import { TimerTable, type Machine, type Sink } from '@ouroboros/machine';
import { NEVER, fromHex, fromMs, fromSeconds, micros, toHex, type Address, type Micros } from '@ouroboros/model';
import {
  addressFromBytes,
  addressToBytes,
  decodeDht,
  decodePeerExtension,
  encodeDht,
  encodePeerExtension,
} from '@ouroboros/wire';
import type {
  DhtContact,
  DhtFindNodeResponse,
  DhtFindRequest,
  DhtFindValueResponse,
  DhtMessage,
  DhtOther,
} from '@ouroboros/wire';
import { ContactTable, type Contact } from './contact-table.js';
import { Lookup } from './lookup.js';
import { OwnValues } from './own-values.js';
import { ValueStore } from './value-store.js';

/**
 * The directory of a unicast layer: a Kademlia table from the hash of a name to addresses [spec/wire-control.md §6].
 *
 * Story: a member joins by asking one that it can reach for the members near its own random id. It publishes its names
 * by searching the k members closest to each key and storing its address there, again every 20 s and whenever members
 * come or go. It resolves a key by asking ever closer members until one knows a value. Among our peers a value lives as
 * long as it is refreshed, and is withdrawn when its owner unregisters or leaves; a C member's value lives until its expiry.
 *
 * States: alone (no contact; asks for some every second) ↔ joined.
 */
export interface DhtConfig {
  readonly self: Address;
  /** Random, hash length of the layer. */
  readonly id: Uint8Array;
  readonly alpha: number;
  readonly k: number;
  readonly expireS: number;
  readonly refreshS: number;
  readonly replicateS: number;
  /** The member to join through; 0 = none. */
  readonly peer: number;
  /** False: speaks as a C member does, and takes everybody for one. Default true. */
  readonly extensions?: boolean;
  /** A random 64-bit number, not 0. */
  readonly nextCookie: () => bigint;
  /** Wall clock, seconds since 1970; only C's absolute expiries need it. */
  readonly wallSeconds: () => number;
}

export type DhtInput =
  | { readonly kind: 'register' | 'unregister'; readonly key: Uint8Array }
  | { readonly kind: 'lookup'; readonly id: number; readonly key: Uint8Array }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** Members to which routing has a way. */
  | { readonly kind: 'reachable'; readonly addresses: ReadonlySet<Address> }
  | { readonly kind: 'leave' }
  /** A member left or died: it is not asked any more, nor named to others. What it stored here lives on as it would. */
  | { readonly kind: 'gone'; readonly address: Address }
  /** Says hello to a member, to hear from it. */
  | { readonly kind: 'greet'; readonly address: Address };

export type DhtOutput =
  | { readonly kind: 'send'; readonly to: Address; readonly bytes: Uint8Array }
  /** A member speaks with another id than before: it was restarted, and what was agreed with it is void. */
  | { readonly kind: 'restarted'; readonly address: Address }
  /** A member was heard for the first time, and is a peer of ours. */
  | { readonly kind: 'ours'; readonly address: Address }
  /** Answer to `lookup`: addresses of other members, reachable ones first; `rounds` = sequential requests it took. */
  | { readonly kind: 'found'; readonly id: number; readonly addresses: readonly Address[]; readonly rounds: number };

/** Bit of PeerExtension.features in DHT messages: understands WITHDRAW. */
export const DHT_WITHDRAWS = 1;
/** Code of ours: field 100 holds key and address of a value that its owner takes back. [docs/wire-extensions.md] */
export const DHT_WITHDRAW_CODE = 5;

const JOIN_INTERVAL = fromSeconds(1);
const HOUSEKEEPING_INTERVAL = fromSeconds(10);
/** A name that is nowhere must be known to be nowhere within a second. */
const LOOKUP_LIMIT = fromMs(900);
/** Values sent in one answer. [spec/wire-control.md §6.5] */
const MAX_VALUES_SENT = 8;
/** New members that are asked at once when routing learns of many. */
const MAX_GREETINGS = 3;
/** Searches at a time; more are answered with nothing, so that memory stays bounded. */
const MAX_LOOKUPS = 4096;
/** Peers of ours that are remembered as such, in the table of contacts or not. */
const MAX_OURS = 4096;

type Purpose =
  { readonly kind: 'value'; readonly id: number } | { readonly kind: 'publish' } | { readonly kind: 'join' };

interface Search {
  readonly lookup: Lookup;
  readonly purpose: Purpose;
  /** Values that were found but do not help: our own address, or members that cannot be reached. */
  readonly useless: Set<Address>;
}

export class Dht implements Machine<DhtInput, DhtOutput> {
  /** `mostRounds`: sequential request rounds of the longest lookup of a value. */
  readonly counters = { received: 0, malformed: 0, unexpected: 0, stored: 0, withdrawn: 0, lookups: 0, mostRounds: 0 };
  readonly contacts: ContactTable;
  readonly store = new ValueStore();
  readonly own: OwnValues;
  private readonly searches = new Set<Search>();
  private readonly timers = new TimerTable<'join' | 'housekeeping' | 'refresh' | 'replicate'>();
  private readonly extensions: boolean;
  private readonly joinCookie: bigint;
  private readonly helloCookie: bigint;
  private readonly ours = new Set<Address>();
  private reachable: ReadonlySet<Address> = new Set();

  constructor(
    private readonly config: DhtConfig,
    now: Micros,
  ) {
    this.contacts = new ContactTable(config.id, config.self, config.k);
    this.own = new OwnValues();
    this.extensions = config.extensions ?? true;
    this.joinCookie = config.nextCookie();
    this.helloCookie = config.nextCookie();
    this.timers.set('join', now);
    this.timers.set('housekeeping', micros(now + HOUSEKEEPING_INTERVAL));
    this.timers.set('refresh', micros(now + fromSeconds(config.refreshS)));
    this.timers.set('replicate', micros(now + fromSeconds(config.replicateS)));
  }

  /** Own id, random per start. */
  get id(): Uint8Array {
    return this.config.id;
  }

  /** The member was heard and is a peer of ours. */
  isOurs(address: Address): boolean {
    return this.ours.has(address);
  }

  get deadline(): Micros {
    let earliest = Math.min(this.timers.deadline, this.own.deadline);
    for (const { lookup } of this.searches) earliest = Math.min(earliest, lookup.deadline);
    return micros(earliest);
  }

  handle(input: DhtInput, now: Micros, out: Sink<DhtOutput>): void {
    switch (input.kind) {
      case 'register':
        this.own.add(input.key, now);
        this.publishDue(now, out);
        break;
      case 'unregister':
        this.withdraw(input.key, now, out);
        break;
      case 'lookup':
        this.resolve(input.id, input.key, now, out);
        break;
      case 'message':
        this.onBytes(input.bytes, now, out);
        break;
      case 'reachable':
        this.onReachable(input.addresses, now, out);
        break;
      case 'greet':
        this.greet(input.address, this.helloCookie, out);
        break;
      case 'leave':
        for (const key of this.own.keys()) this.withdraw(key, now, out);
        break;
      case 'gone':
        this.contacts.forget(input.address);
        this.joinAgain(now);
        break;
    }
  }

  wake(now: Micros, out: Sink<DhtOutput>): void {
    for (let due = this.timers.takeDue(now); due !== undefined; due = this.timers.takeDue(now))
      this.onTimer(due, now, out);
    for (const { key, addresses } of this.own.takeWithdrawals(now)) this.sendWithdrawals(key, addresses, out);
    this.publishDue(now, out);
    for (const search of [...this.searches]) this.advance(search, now, out);
  }

  private onTimer(due: 'join' | 'housekeeping' | 'refresh' | 'replicate', now: Micros, out: Sink<DhtOutput>): void {
    if (due === 'join') this.join(now, out);
    else if (due === 'housekeeping') {
      this.timers.set('housekeeping', micros(now + HOUSEKEEPING_INTERVAL));
      this.store.expire(now, this.config.wallSeconds());
    } else if (due === 'refresh') {
      this.timers.set('refresh', micros(now + fromSeconds(this.config.refreshS)));
      this.search(this.config.id, { kind: 'join' }, now, out);
    } else {
      this.timers.set('replicate', micros(now + fromSeconds(this.config.replicateS)));
      this.replicate(out);
    }
  }

  /** While alone: asks the member we enrolled with and some others that routing knows. */
  private join(now: Micros, out: Sink<DhtOutput>): void {
    if (this.contacts.size > 0) return;
    this.timers.set('join', micros(now + JOIN_INTERVAL));
    const known = new Set([this.config.peer as Address, ...this.reachable]);
    const targets = [...known].filter((address) => this.reachable.has(address)).slice(0, MAX_GREETINGS);
    for (const address of targets) this.greet(address, this.joinCookie, out);
  }

  /** The last contact was lost. */
  private joinAgain(now: Micros): void {
    const asks = this.timers.get('join') !== NEVER;
    if (this.contacts.size === 0 && !asks) this.timers.set('join', micros(now + JOIN_INTERVAL));
  }

  private greet(to: Address, cookie: bigint, out: Sink<DhtOutput>): void {
    this.send(to, { kind: 'find-node-request', cookie, key: this.config.id }, out);
  }

  private onReachable(addresses: ReadonlySet<Address>, now: Micros, out: Sink<DhtOutput>): void {
    const news = [...addresses].filter((address) => !this.reachable.has(address) && address !== this.config.self);
    this.reachable = addresses;
    for (const address of news.filter((one) => !this.contacts.get(one)).slice(0, MAX_GREETINGS))
      this.greet(address, this.joinCookie, out);
    if (news.length > 0) this.own.membersChanged(now);
  }

  private onBytes(bytes: Uint8Array, now: Micros, out: Sink<DhtOutput>): void {
    this.counters.received += 1;
    const decoded = decodeDht(bytes, this.config.id.length);
    if (!decoded.ok) {
      this.counters.malformed += 1;
      return;
    }
    const message = decoded.value;
    if (message.src.address === this.config.self) return;
    const ours = this.hear(message, now, out);
    this.onMessage(message, ours, now, out);
  }

  /** Learns the sender; answers whether it is a peer of ours that understands withdrawals. */
  private hear(message: DhtMessage | DhtOther, now: Micros, out: Sink<DhtOutput>): boolean {
    const known = this.contacts.get(message.src.address as Address);
    const wasAlone = this.contacts.size === 0;
    // The last words of a member that left must not make it known again; one that is not yet reachable is greeted then.
    const isNew = this.reachable.has(message.src.address as Address) && this.contacts.learn(message.src, now, true);
    const withdrawal = message.kind === 'other' && message.code === DHT_WITHDRAW_CODE;
    const ours = this.extensions && (withdrawal || (message.ext !== undefined && announcesWithdrawal(message.ext)));
    const contact = this.contacts.get(message.src.address as Address);
    if (contact) contact.withdraws = ours;
    this.noteOurs(message.src.address as Address, ours, out);
    if (isNew) this.own.membersChanged(now, wasAlone);
    if (isNew && known) out.emit({ kind: 'restarted', address: known.address });
    return ours;
  }

  private noteOurs(address: Address, ours: boolean, out: Sink<DhtOutput>): void {
    if (!ours) this.ours.delete(address);
    else if (!this.ours.has(address)) {
      if (this.ours.size >= MAX_OURS) this.ours.clear();
      this.ours.add(address);
      out.emit({ kind: 'ours', address });
    }
  }

  private onMessage(message: DhtMessage, ours: boolean, now: Micros, out: Sink<DhtOutput>): void {
    switch (message.kind) {
      case 'store':
        return this.onStore(message.key, message.value, message.expiresS, ours, now);
      case 'find-node-request':
      case 'find-value-request':
        return this.onRequest(message, out);
      case 'find-node-response':
      case 'find-value-response':
        return this.onResponse(message, now, out);
      default:
        return this.onOther(message);
    }
  }

  private onStore(key: Uint8Array, value: Uint8Array, expiresS: number, ours: boolean, now: Micros): void {
    const address = addressFromBytes(value);
    if (!address.ok) {
      this.counters.malformed += 1;
      return;
    }
    if (address.value === this.config.self) return;
    const kept = this.store.put(key, address.value as Address, expiresS, ours, now, this.config.wallSeconds());
    if (kept) this.counters.stored += 1;
  }

  /** C needs at least one contact in an answer; the asker itself is always one of those we know. */
  private onRequest({ kind, cookie, key, src }: DhtFindRequest, out: Sink<DhtOutput>): void {
    const near: DhtContact[] = this.contacts.closest(key, this.config.k).map(({ id, address }) => ({ id, address }));
    const contacts = near.length > 0 ? near : [src];
    const to = src.address as Address;
    if (kind === 'find-node-request') return this.send(to, { kind: 'find-node-response', cookie, key, contacts }, out);
    const values = this.localValues(key).slice(0, MAX_VALUES_SENT).map(addressToBytes);
    this.send(to, { kind: 'find-value-response', cookie, key, contacts, values }, out);
  }

  private localValues(key: Uint8Array): Address[] {
    return [...this.store.get(key), ...(this.own.has(key) ? [this.config.self] : [])];
  }

  private onResponse(message: DhtFindNodeResponse | DhtFindValueResponse, now: Micros, out: Sink<DhtOutput>): void {
    if (message.kind === 'find-node-response' && message.cookie === this.joinCookie) {
      for (const contact of message.contacts) this.contacts.learn(contact, now, false);
      return this.search(this.config.id, { kind: 'join' }, now, out);
    }
    if (message.kind === 'find-node-response' && message.cookie === this.helloCookie) return;
    // Those that left or cannot be reached would only be waited for.
    const near = message.contacts.filter(({ address }) => this.reachable.has(address as Address));
    const search = [...this.searches].find(({ lookup }) => lookup.answered(message.cookie, near));
    if (!search) {
      this.counters.unexpected += 1;
      return;
    }
    for (const contact of message.contacts) this.contacts.learn(contact, now, false);
    if (message.kind === 'find-value-response') this.onValues(search, message.values, out);
    this.advance(search, now, out);
  }

  private onValues(search: Search, values: readonly Uint8Array[], out: Sink<DhtOutput>): void {
    const found = values.map(addressFromBytes).flatMap((value) => (value.ok ? [value.value as Address] : []));
    const useful = found.filter((address) => this.isUseful(address));
    for (const address of found) search.useless.add(address);
    if (useful.length > 0) this.conclude(search, useful, out);
  }

  private isUseful(address: Address): boolean {
    return address !== this.config.self && this.reachable.has(address);
  }

  private onOther({ code, ext, src }: DhtOther): void {
    const keyLength = this.config.id.length;
    if (code !== DHT_WITHDRAW_CODE || ext?.length !== keyLength + 8) {
      this.counters.malformed += 1;
      return;
    }
    const address = addressFromBytes(ext.subarray(keyLength));
    if (!address.ok || address.value !== src.address) return;
    this.store.remove(ext.subarray(0, keyLength), address.value as Address);
    this.counters.withdrawn += 1;
  }

  private resolve(id: number, key: Uint8Array, now: Micros, out: Sink<DhtOutput>): void {
    this.counters.lookups += 1;
    const known = this.store.get(key).filter((address) => this.isUseful(address));
    const full = this.searches.size >= MAX_LOOKUPS;
    if (known.length > 0 || full) out.emit({ kind: 'found', id, addresses: known, rounds: 0 });
    else this.search(key, { kind: 'value', id }, now, out);
  }

  private search(key: Uint8Array, purpose: Purpose, now: Micros, out: Sink<DhtOutput>): void {
    if (this.searches.size >= MAX_LOOKUPS) return;
    const { self, alpha, k, nextCookie } = this.config;
    const lookup = new Lookup(key, self, alpha, k, micros(now + LOOKUP_LIMIT), nextCookie);
    lookup.add(this.contacts.closest(key, this.contacts.size).filter((contact) => this.reachable.has(contact.address)));
    const search = { lookup, purpose, useless: new Set(this.store.get(key)) };
    this.searches.add(search);
    this.advance(search, now, out);
  }

  /** Asks whom it is time to ask, and concludes a search that is finished. */
  private advance(search: Search, now: Micros, out: Sink<DhtOutput>): void {
    if (!this.searches.has(search)) return;
    const { lookup, purpose } = search;
    for (const address of lookup.takeFailed(now)) {
      this.contacts.failed(address);
      this.joinAgain(now);
    }
    const kind = purpose.kind === 'value' ? 'find-value-request' : 'find-node-request';
    for (const { contact, cookie } of lookup.next(now)) {
      this.send(contact.address as Address, { kind, cookie, key: lookup.key }, out);
    }
    if (lookup.finished) this.conclude(search, [], out);
  }

  private conclude(search: Search, useful: readonly Address[], out: Sink<DhtOutput>): void {
    this.searches.delete(search);
    const { lookup, purpose } = search;
    if (purpose.kind === 'publish') this.storeAt(lookup.key, lookup.found(), out);
    if (purpose.kind !== 'value') return;
    this.counters.mostRounds = Math.max(this.counters.mostRounds, lookup.rounds);
    const others = [...search.useless].filter((address) => address !== this.config.self && !useful.includes(address));
    out.emit({ kind: 'found', id: purpose.id, addresses: [...useful, ...others], rounds: lookup.rounds });
  }

  private publishDue(now: Micros, out: Sink<DhtOutput>): void {
    for (const key of this.own.takeDue(now)) this.search(key, { kind: 'publish' }, now, out);
  }

  private storeAt(key: Uint8Array, members: readonly DhtContact[], out: Sink<DhtOutput>): void {
    if (!this.own.has(key)) return;
    const expiresS = (Math.floor(this.config.wallSeconds()) + this.config.expireS) >>> 0;
    const value = addressToBytes(this.config.self);
    for (const { address } of members) {
      this.send(address as Address, { kind: 'store', key, value, expiresS }, out);
      this.own.storedAt(key, address as Address);
    }
  }

  /** Values of C members are stored again with their old expiry; peers of ours refresh theirs themselves. */
  private replicate(out: Sink<DhtOutput>): void {
    for (const { key, address, expiresS, ours } of this.store.entries()) {
      if (ours) continue;
      const bytes = fromHex(key);
      for (const contact of this.contacts.closest(bytes, this.config.k)) {
        if (contact.address === address) continue;
        this.send(contact.address, { kind: 'store', key: bytes, value: addressToBytes(address), expiresS }, out);
      }
    }
  }

  private withdraw(key: Uint8Array, now: Micros, out: Sink<DhtOutput>): void {
    const addresses = this.own.remove(key, now);
    this.sendWithdrawals(key, addresses, out);
  }

  private sendWithdrawals(key: Uint8Array, addresses: Iterable<Address>, out: Sink<DhtOutput>): void {
    const ext = new Uint8Array([...key, ...addressToBytes(this.config.self)]);
    for (const address of addresses) {
      if (this.contacts.get(address)?.withdraws !== true) continue;
      const message = { kind: 'other', code: DHT_WITHDRAW_CODE, src: this.source(), ext } as const;
      out.emit({ kind: 'send', to: address, bytes: encodeDht(message) });
    }
  }

  private source(): DhtContact {
    return { id: this.config.id, address: this.config.self };
  }

  private send(to: Address, message: WithoutSource<DhtMessage>, out: Sink<DhtOutput>): void {
    if (!this.reachable.has(to)) return;
    const ext = this.extensions ? ANNOUNCEMENT : undefined;
    out.emit({ kind: 'send', to, bytes: encodeDht({ ...message, src: this.source(), ext }) });
  }

  /** For reports: what this member has published, and whether anybody holds it. */
  describe(): { readonly own: readonly string[]; readonly contacts: readonly Contact[] } {
    return { own: this.own.keys().map(toHex), contacts: [...this.contacts.values()] };
  }
}

type WithoutSource<M> = M extends DhtMessage ? Omit<M, 'src' | 'ext'> : never;

const ANNOUNCEMENT = encodePeerExtension({ version: 1, features: DHT_WITHDRAWS });

function announcesWithdrawal(ext: Uint8Array): boolean {
  const decoded = decodePeerExtension(ext);
  return decoded.ok && ((decoded.value.features ?? 0) & DHT_WITHDRAWS) !== 0;
}
