/**
 * The links of a member: who its peers are, and which connection each of them uses.
 *
 * Each side of a connection begins with a hello that says who it is. A member is known by an id that it keeps; between two
 * members there is one link, whatever connections come and go. When its connection breaks, the link is held: who dialed dials
 * again after 100 ms, then twice as long up to 10 s, and the flows go on over the new connection. A link is gone when its member
 * says that it leaves, when the member comes back as another run of itself (its flows died with the former run), or when no
 * connection was made for the hold time.
 *
 * Two members that dial each other end up with two connections; they keep the one that was dialed by the lower id. Of two
 * connections that the same side dialed the newer one counts: the older has broken, and only its dialer knows it.
 *
 * A connection on which nothing was heard for 5 s is asked by a ping, and given up after 15 s.
 *
 *   connection   greeting ──hello──▶ in use ──▶ closed
 *   link         up ⇄ held ──▶ gone
 *   target       dialing ──▶ greeting ──▶ up ──▶ waiting ──▶ dialing …
 */
import { NEVER, fromMs, type Micros } from '@ouroboros/model';
import type { Machine, Sink } from '@ouroboros/machine';
import type { Bye, Hello } from '../bytes/control.js';
import type { LinkInput, LinkOutput, LinkView, Self, TargetView, WatchedConnection } from './events.js';
import { Targets } from './targets.js';

/** A look at what was heard; after so many silent ones a ping goes out, and the connection is given up. */
const LOOK = fromMs(2_500);
const PING_LOOKS = 2;
const LOST_LOOKS = 6;
/** Members that may be known at a time: each costs memory, and a stranger can pretend to be many. */
const MAX_LINKS = 1_024;
/** Connections that have not said who they are. */
const MAX_GREETING = 256;

interface Link<C> {
  readonly member: string;
  readonly run: string;
  connection: C | null;
  /** Where the last connection led, for people. */
  remote: string;
  dialed: boolean;
  heldUntil: Micros;
}

interface Connected<C> {
  link: Link<C> | null;
  silentLooks: number;
}

export class Links<C extends WatchedConnection> implements Machine<LinkInput<C>, LinkOutput<C>> {
  private readonly links = new Map<string, Link<C>>();
  private readonly connections = new Map<C, Connected<C>>();
  private readonly targets = new Targets();
  private nextLook = NEVER;

  constructor(private readonly self: Self) {}

  get deadline(): Micros {
    let earliest = Math.min(this.nextLook, this.targets.deadline) as Micros;
    for (const { heldUntil } of this.links.values()) if (heldUntil < earliest) earliest = heldUntil;
    return earliest;
  }

  views(): LinkView[] {
    return [...this.links.values()].map(({ member, connection, remote, dialed }) => ({
      ...{ member, remote, dialed },
      state: connection ? 'up' : 'held',
    }));
  }

  targetViews(): TargetView[] {
    return this.targets.views();
  }

  handle(input: LinkInput<C>, now: Micros, out: Sink<LinkOutput<C>>): void {
    switch (input.type) {
      case 'target':
        this.targets.add(input.target, now);
        return this.wake(now, out);
      case 'connected':
        return this.connected(input.connection, now, out);
      case 'failed':
        return this.targets.failed(input.target, input.why, now);
      case 'lost':
        return this.lost(input.connection, 'the connection was lost', now, out);
      case 'received':
        return this.received(input, now, out);
      case 'leave':
        return this.leave(out);
    }
  }

  wake(now: Micros, out: Sink<LinkOutput<C>>): void {
    for (const target of this.targets.takeDue(now)) out.emit({ type: 'dial', target });
    for (const link of this.links.values()) if (link.heldUntil <= now) this.end(link, out);
    if (this.nextLook > now) return;
    this.nextLook = this.connections.size > 0 ? ((now + LOOK) as Micros) : NEVER;
    for (const [connection, state] of this.connections) this.look(connection, state, now, out);
  }

  private connected(connection: C, now: Micros, out: Sink<LinkOutput<C>>): void {
    if (connection.target !== null) this.targets.greeting(connection.target);
    else if (this.greeting() >= MAX_GREETING) return out.emit({ type: 'close', connection });
    this.connections.set(connection, { link: null, silentLooks: 0 });
    if (this.nextLook === NEVER) this.nextLook = (now + LOOK) as Micros;
    const { member, run, layer, hash } = this.self;
    out.emit({ type: 'send', connection, message: { kind: 'hello', member, run, layer, hash } });
  }

  private greeting(): number {
    let count = 0;
    for (const { link } of this.connections.values()) if (link === null) count += 1;
    return count;
  }

  private received(input: LinkInput<C> & { type: 'received' }, now: Micros, out: Sink<LinkOutput<C>>): void {
    const { connection, message } = input;
    const state = this.connections.get(connection);
    if (!state) return;
    switch (message.kind) {
      case 'hello':
        return state.link
          ? this.drop(connection, 'a second hello', now, out)
          : this.greet(connection, message, now, out);
      case 'bye':
        return this.farewell(connection, state, message, now, out);
      case 'ping':
        return out.emit({ type: 'send', connection, message: { kind: 'pong' } });
      case 'pong':
        return;
    }
  }

  /** The other side has said who it is. */
  private greet(connection: C, hello: Hello, now: Micros, out: Sink<LinkOutput<C>>): void {
    const fault = this.faultOf(hello);
    if (fault !== undefined) return this.refuse(connection, fault, now, out);
    const known = this.links.get(hello.member);
    if (known && known.run !== hello.run) this.end(known, out);
    const link = known?.run === hello.run ? known : this.newLink(hello);
    if (link.connection && !this.replaces(connection, link.connection, hello.member)) {
      return this.redundant(connection, link, now, out);
    }
    if (link.connection) this.redundant(link.connection, link, now, out);
    this.use(link, connection, out);
  }

  private faultOf(hello: Hello): string | undefined {
    const { layer, hash, member } = this.self;
    if (hello.layer !== layer) return `it is of layer "${hello.layer}", not "${layer}"`;
    if (hello.hash !== hash) return `its hash algorithm is number ${hello.hash}, not ${hash}`;
    if (hello.member === member) return 'it is this member itself';
    if (this.links.size >= MAX_LINKS && !this.links.has(hello.member)) return `there are ${MAX_LINKS} members already`;
    return undefined;
  }

  private newLink({ member, run }: Hello): Link<C> {
    const link: Link<C> = { member, run, connection: null, remote: '', dialed: false, heldUntil: NEVER };
    this.links.set(member, link);
    return link;
  }

  private replaces(newer: C, older: C, peer: string): boolean {
    const [newDialed, oldDialed] = [newer.target !== null, older.target !== null];
    if (newDialed === oldDialed) return !newDialed;
    return newDialed === this.self.member < peer;
  }

  private use(link: Link<C>, connection: C, out: Sink<LinkOutput<C>>): void {
    this.connections.get(connection)!.link = link;
    link.connection = connection;
    link.remote = connection.remote;
    link.dialed = connection.target !== null;
    link.heldUntil = NEVER;
    if (connection.target !== null) this.targets.up(connection.target, link.member);
    out.emit({ type: 'up', member: link.member, connection });
  }

  /** Another connection with the same member is the one in use. */
  private redundant(connection: C, link: Link<C>, now: Micros, out: Sink<LinkOutput<C>>): void {
    out.emit({
      ...{ type: 'send', connection },
      message: { kind: 'bye', reason: 'redundant', words: 'another connection is in use' },
    });
    this.forget(connection);
    if (connection.target !== null) this.targets.up(connection.target, link.member);
    out.emit({ type: 'close', connection });
  }

  private refuse(connection: C, why: string, now: Micros, out: Sink<LinkOutput<C>>): void {
    out.emit({ type: 'refused', remote: connection.remote, why });
    out.emit({ type: 'send', connection, message: { kind: 'bye', reason: 'refused', words: why } });
    if (connection.target !== null) this.targets.refused(connection.target, why, now);
    this.forget(connection);
    out.emit({ type: 'close', connection });
  }

  private farewell(connection: C, state: Connected<C>, bye: Bye, now: Micros, out: Sink<LinkOutput<C>>): void {
    const { link } = state;
    const { target, remote } = connection;
    this.forget(connection);
    out.emit({ type: 'close', connection });
    if (bye.reason === 'refused') out.emit({ type: 'refused', remote, why: `the other side says: ${bye.words}` });
    if (target !== null && bye.reason === 'refused') this.targets.refused(target, bye.words, now);
    else if (target !== null && !(bye.reason === 'redundant' && link)) this.targets.failed(target, bye.words, now);
    if (link?.connection !== connection) return;
    if (bye.reason === 'leaving') this.end(link, out);
    else this.hold(link, now, out);
  }

  private lost(connection: C, why: string, now: Micros, out: Sink<LinkOutput<C>>): void {
    const state = this.connections.get(connection);
    if (!state) return;
    this.forget(connection);
    if (connection.target !== null) this.targets.failed(connection.target, why, now);
    if (state.link?.connection === connection) this.hold(state.link, now, out);
  }

  private drop(connection: C, why: string, now: Micros, out: Sink<LinkOutput<C>>): void {
    this.lost(connection, why, now, out);
    out.emit({ type: 'close', connection });
  }

  private hold(link: Link<C>, now: Micros, out: Sink<LinkOutput<C>>): void {
    link.connection = null;
    link.heldUntil = (now + fromMs(this.self.holdMs)) as Micros;
    this.targets.release(link.member, now);
    out.emit({ type: 'down', member: link.member });
  }

  private end(link: Link<C>, out: Sink<LinkOutput<C>>): void {
    this.links.delete(link.member);
    const { connection } = link;
    if (connection && this.connections.has(connection)) {
      this.forget(connection);
      out.emit({ type: 'close', connection });
    }
    out.emit({ type: 'gone', member: link.member });
  }

  private look(connection: C, state: Connected<C>, now: Micros, out: Sink<LinkOutput<C>>): void {
    state.silentLooks = connection.heard ? 0 : state.silentLooks + 1;
    connection.heard = false;
    const limit = state.link ? LOST_LOOKS : PING_LOOKS;
    if (state.silentLooks >= limit) this.drop(connection, 'nothing was heard any more', now, out);
    else if (state.link && state.silentLooks >= PING_LOOKS) {
      out.emit({ type: 'send', connection, message: { kind: 'ping' } });
    }
  }

  private leave(out: Sink<LinkOutput<C>>): void {
    this.targets.clear();
    for (const connection of this.connections.keys()) {
      out.emit({ type: 'send', connection, message: { kind: 'bye', reason: 'leaving', words: 'the member leaves' } });
      out.emit({ type: 'close', connection });
    }
    this.connections.clear();
    this.links.clear();
    this.nextLook = NEVER;
  }

  private forget(connection: C): void {
    this.connections.delete(connection);
    if (this.connections.size === 0) this.nextLook = NEVER;
  }
}
