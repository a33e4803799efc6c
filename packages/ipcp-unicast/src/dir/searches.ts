import type { Sink } from '@ouroboros/machine';
import { NEVER, fromMs, micros, type Address, type Micros } from '@ouroboros/model';
import type { DhtContact } from '@ouroboros/wire';
import type { ContactTable } from './contact-table.js';
import type { DhtConfig, DhtOutput } from './contract.js';
import { Lookup } from './lookup.js';
import type { Speaker } from './speaker.js';
import type { Values } from './values.js';

/** A name that is nowhere must be known to be nowhere within a second. */
const LOOKUP_LIMIT = fromMs(900);
/** Searches at a time; more are not begun, so that memory stays bounded. */
const MAX_SEARCHES = 4096;

/** What a search found. */
export interface Outcome {
  /** The closest members that answered, at most k. */
  readonly members: readonly DhtContact[];
  /** Values of the key: useful ones first; empty for a search of members. */
  readonly values: readonly Address[];
  /** Values that were not believed. */
  readonly refused: number;
  /** Sequential request rounds that it took. */
  readonly rounds: number;
}

type Conclusion = (outcome: Outcome, out: Sink<DhtOutput>) => void;

interface Search {
  readonly lookup: Lookup;
  readonly wanted: 'value' | 'members';
  readonly concluded: Conclusion;
  /** Values that were found but do not help: our own address, or members that cannot be reached. */
  readonly useless: Set<Address>;
  refused: number;
}

/**
 * The searches under way. One for a value ends with the first answer that holds a useful one; one for members, and one
 * for a value that is nowhere, when the closest members have answered, or after 900 ms.
 */
export class Searches {
  private readonly searches = new Set<Search>();

  constructor(
    private readonly config: DhtConfig,
    private readonly contacts: ContactTable,
    private readonly speaker: Speaker,
    private readonly values: Values,
  ) {}

  get deadline(): Micros {
    let earliest: number = NEVER;
    for (const { lookup } of this.searches) earliest = Math.min(earliest, lookup.deadline);
    return micros(earliest);
  }

  get full(): boolean {
    return this.searches.size >= MAX_SEARCHES;
  }

  /** Searches for members near a key; nothing happens when there are too many searches. */
  members(key: Uint8Array, concluded: Conclusion, now: Micros, out: Sink<DhtOutput>): void {
    this.begin(key, 'members', new Set(), concluded, now, out);
  }

  /** Searches for values of a key; `useless` are those that are known and do not help. Ask `full` before. */
  value(key: Uint8Array, useless: Iterable<Address>, concluded: Conclusion, now: Micros, out: Sink<DhtOutput>): void {
    this.begin(key, 'value', new Set(useless), concluded, now, out);
  }

  /** Takes an answer; false when nobody was asked with this cookie. */
  answered(
    cookie: bigint,
    contacts: readonly DhtContact[],
    values: readonly Uint8Array[],
    now: Micros,
    out: Sink<DhtOutput>,
  ): boolean {
    // Those that left or cannot be reached would only be waited for.
    const near = contacts.filter(({ address }) => this.speaker.reachable.has(address as Address));
    const search = [...this.searches].find(({ lookup }) => lookup.answered(cookie, near));
    if (!search) return false;
    for (const contact of contacts) this.contacts.learn(contact, now, false);
    if (search.wanted === 'value') this.onValues(search, values, now, out);
    this.advance(search, now, out);
    return true;
  }

  wake(now: Micros, out: Sink<DhtOutput>): void {
    for (const search of [...this.searches]) this.advance(search, now, out);
  }

  private begin(
    key: Uint8Array,
    wanted: Search['wanted'],
    useless: Set<Address>,
    concluded: Conclusion,
    now: Micros,
    out: Sink<DhtOutput>,
  ): void {
    if (this.full) return;
    const { self, alpha, k, nextCookie } = this.config;
    const lookup = new Lookup(key, self, alpha, k, micros(now + LOOKUP_LIMIT), nextCookie);
    const known = this.contacts.closest(key, this.contacts.size);
    lookup.add(known.filter((contact) => this.speaker.reachable.has(contact.address)));
    const search = { lookup, wanted, concluded, useless, refused: 0 };
    this.searches.add(search);
    this.advance(search, now, out);
  }

  private onValues(search: Search, values: readonly Uint8Array[], now: Micros, out: Sink<DhtOutput>): void {
    const found = this.values.found(search.lookup.key, values, now);
    search.refused += values.length - found.length;
    const useful = found.filter((address) => this.speaker.isUseful(address));
    for (const address of found) search.useless.add(address);
    if (useful.length > 0) this.conclude(search, useful, out);
  }

  /** Asks whom it is time to ask, and concludes a search that is finished. */
  private advance(search: Search, now: Micros, out: Sink<DhtOutput>): void {
    if (!this.searches.has(search)) return;
    const { lookup, wanted } = search;
    for (const address of lookup.takeFailed(now)) this.contacts.failed(address);
    const kind = wanted === 'value' ? 'find-value-request' : 'find-node-request';
    for (const { contact, cookie } of lookup.next(now)) {
      this.speaker.say(contact.address as Address, { kind, cookie, key: lookup.key }, out);
    }
    if (lookup.finished) this.conclude(search, [], out);
  }

  private conclude(search: Search, useful: readonly Address[], out: Sink<DhtOutput>): void {
    this.searches.delete(search);
    const { lookup, useless, refused, concluded } = search;
    const others = [...useless].filter((address) => address !== this.config.self && !useful.includes(address));
    concluded({ members: lookup.found(), values: [...useful, ...others], refused, rounds: lookup.rounds }, out);
  }
}
