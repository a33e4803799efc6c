import { fromMs, toHex, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { BoundedMap } from '@ouroboros/shim-flow';

/** irmd waits 900 ms for the answer to a query. */
const LIMIT_MS = 800;
/** Once a member has the name, others get so long to say that they have it, too. */
const GRACE_MS = 50;
/** How long a result is believed: a query is followed by an allocation at once. */
const BELIEVED_MS = 500;
const REMEMBERED = 1_024;
/** Searches under way; further ones find nothing. */
const MAX_UNDER_WAY = 1_024;

interface Search {
  readonly hash: Uint8Array;
  readonly hex: string;
  /** Members that were asked, or are to be when they are back, and have not answered. */
  readonly silent: Set<string>;
  readonly found: string[];
  readonly result: Promise<readonly string[]>;
  settle(): void;
  cancel: () => void;
}

export interface NameSearchParts {
  readonly clock: Clock;
  /** Asks a member; nothing happens while it has no connection. */
  ask(member: string, number: number, hash: Uint8Array): void;
  /** All members with links, connected or not. */
  members(): readonly string[];
}

/** Asks the members at the other ends of all links which of them serve a name. */
export class NameSearch {
  private readonly searches = new Map<number, Search>();
  private readonly past = new BoundedMap<string, { readonly members: readonly string[]; readonly until: Micros }>(
    REMEMBERED,
  );
  private last = 0;

  constructor(private readonly parts: NameSearchParts) {}

  /** Members that serve the name; empty when none does, or says so in time. */
  find(hash: Uint8Array): Promise<readonly string[]> {
    const hex = toHex(hash);
    const members = this.parts.members();
    const past = this.believed(hex).filter((member) => members.includes(member));
    if (past.length > 0) return Promise.resolve(past);
    for (const search of this.searches.values()) if (search.hex === hex) return search.result;
    if (members.length === 0 || this.searches.size >= MAX_UNDER_WAY) return Promise.resolve([]);
    return this.begin(hash, hex, members);
  }

  answered(member: string, number: number, found: boolean): void {
    const search = this.searches.get(number);
    if (!search?.silent.delete(member)) return;
    if (found) {
      search.found.push(member);
      search.cancel();
      search.cancel = this.after(GRACE_MS, search.settle);
    }
    if (search.silent.size === 0) search.settle();
  }

  /** A member has a connection again: it may not have heard what it was asked. */
  up(member: string): void {
    for (const [number, { silent, hash }] of this.searches) {
      if (silent.has(member)) this.parts.ask(member, number, hash);
    }
  }

  gone(member: string): void {
    for (const number of [...this.searches.keys()]) this.answered(member, number, false);
  }

  close(): void {
    for (const search of [...this.searches.values()]) search.settle();
  }

  private believed(hex: string): readonly string[] {
    const past = this.past.get(hex);
    return past && past.until > this.parts.clock.now() ? past.members : [];
  }

  private begin(hash: Uint8Array, hex: string, members: readonly string[]): Promise<readonly string[]> {
    this.last = (this.last + 1) % 0x1_0000_0000;
    const number = this.last;
    let resolve: (members: readonly string[]) => void;
    const result = new Promise<readonly string[]>((settled) => (resolve = settled));
    const search: Search = { hash, hex, silent: new Set(members), found: [], result, settle, cancel: () => undefined };
    const { searches, past, parts } = this;
    function settle(): void {
      search.cancel();
      searches.delete(number);
      if (search.found.length > 0) past.set(hex, { members: search.found, until: inMs(parts.clock, BELIEVED_MS) });
      resolve(search.found);
    }
    search.cancel = this.after(LIMIT_MS, settle);
    searches.set(number, search);
    for (const member of members) parts.ask(member, number, hash);
    return result;
  }

  private after(ms: number, act: () => void): () => void {
    return this.parts.clock.at(inMs(this.parts.clock, ms), act);
  }
}

const inMs = (clock: Clock, ms: number): Micros => (clock.now() + fromMs(ms)) as Micros;
