import { OuroborosError, fromMs, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import type { Endpoint } from '@ouroboros/model';
import type { StreamConnection, StreamListener, StreamNetwork } from '../stream-network.js';

/** What may be under way on a connection before its writer is held. */
const ROOM = 65_536;
/** Virtual time in which a process that lives is sure to take what reaches it, in µs. */
const TAKEN = 1;

type Accept = (connection: StreamConnection) => void;

interface Bound {
  readonly clock: Clock;
  readonly accept: Accept;
}

/**
 * Streams in memory, in virtual time. What reaches a process whose clock has stopped is answered as a system answers for a
 * process that is no more: the connection ends. TLS counts as plain.
 */
export class MemoryStreams {
  /** Of one way. */
  delayMs = 1;
  /** Nothing can be connected, and what is sent is lost without a sign. */
  silent = false;
  private readonly listeners = new Map<string, Bound>();
  private readonly pairs = new Set<Pair>();

  constructor(readonly clock: Clock) {}

  /** The network as a process sees it that has this clock. */
  host(clock: Clock): StreamNetwork {
    return {
      check: () => Promise.resolve(),
      ownPin: () => null,
      listen: (at, _tls, accept) => this.listen(at, clock, accept),
      dial: (to) => this.dial(to, clock),
    };
  }

  /** All connections break, with a sign to both sides. */
  breakAll(): void {
    for (const pair of this.pairs) pair.break('the connection was cut');
  }

  /** Connections that are up. */
  get count(): number {
    return this.pairs.size;
  }

  private async listen(at: Endpoint, clock: Clock, accept: Accept): Promise<StreamListener> {
    const key = keyOf(at);
    const older = this.listeners.get(key);
    if (older && (await this.lives(older.clock)))
      throw new OuroborosError('EEXIST', `TCP ${key} is in use`, { field: 'listen' });
    const bound = { clock, accept };
    this.listeners.set(key, bound);
    return { close: () => void (this.listeners.get(key) === bound && this.listeners.delete(key)) };
  }

  private async dial(to: Endpoint, clock: Clock): Promise<StreamConnection> {
    const bound = this.listeners.get(keyOf(to));
    await this.passing();
    if (this.silent || !bound || !(await this.lives(bound.clock)))
      throw new OuroborosError('EREFUSED', 'nobody listens there');
    const pair = new Pair(this, clock, bound.clock, () => this.pairs.delete(pair));
    this.pairs.add(pair);
    bound.clock.at(bound.clock.now(), () => bound.accept(pair.ends[1]));
    return pair.ends[0];
  }

  private passing(): Promise<void> {
    return new Promise((resolve) => this.clock.at(after(this.clock, this.delayMs), resolve));
  }

  private lives(clock: Clock): Promise<boolean> {
    return new Promise((resolve) => {
      clock.at(clock.now(), () => resolve(true));
      this.clock.at((this.clock.now() + TAKEN) as Micros, () => resolve(false));
    });
  }
}

const keyOf = ({ host, port }: Endpoint): string => `${host}:${port}`;
const after = (clock: Clock, ms: number): Micros => (clock.now() + fromMs(ms)) as Micros;

/** The two ends of a connection. */
class Pair {
  readonly ends: readonly [End, End];

  constructor(
    readonly streams: MemoryStreams,
    dialer: Clock,
    listener: Clock,
    readonly onEnd: () => void,
  ) {
    this.ends = [new End(this, dialer), new End(this, listener)];
  }

  break(why: string): void {
    for (const end of this.ends) end.ended(why);
    this.onEnd();
  }

  other(end: End): End {
    return end === this.ends[0] ? this.ends[1] : this.ends[0];
  }
}

class End implements StreamConnection {
  readonly remote = 'memory';
  onData: StreamConnection['onData'] = null;
  onDrain: StreamConnection['onDrain'] = null;
  onEnd: StreamConnection['onEnd'] = null;
  private underWay = 0;
  private over = false;

  constructor(
    private readonly pair: Pair,
    private readonly clock: Clock,
  ) {}

  write(bytes: Uint8Array): boolean {
    if (this.over) return true;
    this.underWay += bytes.length;
    this.carry(() => {
      this.underWay -= bytes.length;
      this.pair.other(this).take(bytes);
      if (this.underWay === 0) this.clock.at(this.clock.now(), () => this.onDrain?.());
    });
    return this.underWay < ROOM;
  }

  close(): void {
    if (this.over) return;
    this.carry(() => this.pair.break('the other side ended the connection'));
    this.over = true;
  }

  take(bytes: Uint8Array): void {
    if (!this.over) this.onData?.(bytes);
  }

  ended(why: string): void {
    if (this.over) return;
    this.over = true;
    this.clock.at(this.clock.now(), () => this.onEnd?.(why));
  }

  /** Does at the other side what has travelled; when nobody lives there, the connection ends. */
  private carry(arrive: () => void): void {
    const { streams } = this.pair;
    if (streams.silent) return;
    let taken = false;
    const at = after(streams.clock, streams.delayMs);
    this.pair.other(this).clock.at(at, () => {
      taken = true;
      arrive();
    });
    streams.clock.at((at + TAKEN) as Micros, () => {
      if (!taken) this.pair.break('the other side is no more');
    });
  }
}
