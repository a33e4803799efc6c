import type { Sink } from '@ouroboros/machine';
import { NEVER, fromSeconds, micros, type Address, type Micros } from '@ouroboros/model';
import type { ContactTable } from './contact-table.js';
import type { DhtConfig, DhtOutput } from './contract.js';
import type { Speaker } from './speaker.js';

const JOIN_INTERVAL = fromSeconds(1);
/** Members that are asked at once, however many routing knows. */
const MAX_GREETINGS = 3;

/**
 * How a member comes to know others: it asks for the members near its own id, which both tells who there is and makes
 * it known. While it has no contact it asks every second.
 */
export class Joining {
  /** When to ask again; NEVER while there is a contact. */
  private due: Micros;
  private readonly joinCookie: bigint;
  private readonly helloCookie: bigint;

  constructor(
    private readonly config: DhtConfig,
    private readonly contacts: ContactTable,
    private readonly speaker: Speaker,
    now: Micros,
  ) {
    this.due = now;
    this.joinCookie = config.nextCookie();
    this.helloCookie = config.nextCookie();
  }

  get deadline(): Micros {
    return this.due;
  }

  /** Asks, if it is time to, the member we enrolled with and some others that routing knows. */
  wake(now: Micros, out: Sink<DhtOutput>): void {
    if (this.due > now) return;
    this.due = NEVER;
    if (this.contacts.size > 0) return;
    this.due = micros(now + JOIN_INTERVAL);
    const { reachable } = this.speaker;
    const known = new Set([this.config.peer as Address, ...reachable]);
    const targets = [...known].filter((address) => reachable.has(address)).slice(0, MAX_GREETINGS);
    for (const address of targets) this.greet(address, this.joinCookie, out);
  }

  /** To be called when contacts may have been lost: with the last one gone, it is time to ask again soon. */
  contactsLost(now: Micros): void {
    if (this.contacts.size === 0 && this.due === NEVER) this.due = micros(now + JOIN_INTERVAL);
  }

  /** Asks some of the members that routing has just learnt of, if they are not known yet. */
  meet(news: readonly Address[], out: Sink<DhtOutput>): void {
    const strangers = news.filter((address) => !this.contacts.get(address)).slice(0, MAX_GREETINGS);
    for (const address of strangers) this.greet(address, this.joinCookie, out);
  }

  /** Says hello, to hear from a member; nothing follows from its answer. */
  hello(to: Address, out: Sink<DhtOutput>): void {
    this.greet(to, this.helloCookie, out);
  }

  /** What an answer to one of these requests is for; undefined when the cookie is none of theirs. */
  purposeOf(cookie: bigint): 'join' | 'hello' | undefined {
    if (cookie === this.joinCookie) return 'join';
    return cookie === this.helloCookie ? 'hello' : undefined;
  }

  private greet(to: Address, cookie: bigint, out: Sink<DhtOutput>): void {
    this.speaker.say(to, { kind: 'find-node-request', cookie, key: this.config.id }, out);
  }
}
