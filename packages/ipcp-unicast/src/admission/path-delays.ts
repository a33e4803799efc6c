import type { Machine, Sink } from '@ouroboros/machine';
import { NEVER, fromMs, fromSeconds, micros, type Address, type Micros, type QosCube } from '@ouroboros/model';
import { encodeFa } from '@ouroboros/wire';
import { random64 } from '../random64.js';

/**
 * How long packets of a cube take to another member: half the round trip of an echo between the two flow allocators.
 *
 * Story: a flow that asks for a bounded delay waits for the delay of its path. A path that was fast enough within the last five
 * seconds is not measured again. Else up to three echoes go out, 100 ms apart; the first answer that came fast enough ends the
 * waiting, and a slow one does not count while another may be faster: one hiccup says nothing. When the last was answered, or half a second
 * has passed, the fastest of the last five seconds says it, and where none came back nobody knows the delay. A member of which
 * it is not known whether it is one of ours is greeted first; C is never asked.
 *
 * States of a path: unknown → measuring → known for some seconds.
 */
export type PathDelayInput =
  | {
      readonly kind: 'measure';
      readonly id: number;
      readonly to: Address;
      readonly cube: QosCube;
      /** A path that takes no longer is fast enough. */
      readonly boundMs: number;
    }
  /** An echo of this number was answered. */
  | { readonly kind: 'echoed'; readonly number: bigint }
  /** A member was heard for the first time, and is one of ours or not. */
  | { readonly kind: 'heard'; readonly address: Address; readonly ours: boolean }
  /** Paths have changed: what was measured is void. */
  | { readonly kind: 'routes' };

export type PathDelayOutput =
  | { readonly kind: 'send'; readonly to: Address; readonly cube: QosCube; readonly bytes: Uint8Array }
  /** Find out whether the member is one of ours. */
  | { readonly kind: 'greet'; readonly to: Address }
  /** The answer to `measure`; undefined: nobody knows. */
  | { readonly kind: 'measured'; readonly id: number; readonly delayMs: number | undefined };

export interface PathDelayConfig {
  readonly self: Address;
  /** Unsigned 32 bit. */
  readonly random32: () => number;
  /** Undefined while the member was not heard. */
  readonly isOurs: (address: Address) => boolean | undefined;
}

const ECHOES = 3;
const PACE = fromMs(100);
const PATIENCE = fromMs(500);
/** So long a delay is remembered, and an answer taken. */
const REMEMBERED = fromSeconds(5);
const MAX_REMEMBERED = 1024;

interface Measuring {
  readonly to: Address;
  readonly cube: QosCube;
  /** Who waits, and up to which round trip in µs is fast enough. */
  readonly waiting: Map<number, number>;
  tries: number;
  answers: number;
  next: Micros;
  end: Micros;
}

interface Echo {
  readonly path: string;
  readonly of: Measuring;
  readonly sent: Micros;
}

export class PathDelays implements Machine<PathDelayInput, PathDelayOutput> {
  private readonly measuring = new Map<string, Measuring>();
  private readonly echoes = new Map<bigint, Echo>();
  /** Shortest round trips in µs. */
  private readonly known = new Map<string, { readonly trip: number; readonly until: Micros }>();

  constructor(private readonly config: PathDelayConfig) {}

  get deadline(): Micros {
    let earliest: number = NEVER;
    for (const { next, end } of this.measuring.values()) earliest = Math.min(earliest, next, end);
    return micros(earliest);
  }

  handle(input: PathDelayInput, now: Micros, out: Sink<PathDelayOutput>): void {
    switch (input.kind) {
      case 'measure':
        return this.measure(input, now, out);
      case 'echoed':
        return this.echoed(input.number, now, out);
      case 'heard':
        return this.heard(input.address, input.ours, now, out);
      case 'routes':
        return this.known.clear();
    }
  }

  wake(now: Micros, out: Sink<PathDelayOutput>): void {
    for (const [path, one] of this.measuring) {
      if (one.end <= now) this.conclude(path, now, out);
      else if (one.next <= now) this.try(path, one, now, out);
    }
  }

  private measure(
    { id, to, cube, boundMs }: PathDelayInput & { kind: 'measure' },
    now: Micros,
    out: Sink<PathDelayOutput>,
  ): void {
    const path = `${to} ${cube}`;
    const bound = fromMs(2 * boundMs);
    const trip = this.tripOf(path, now);
    if (trip !== undefined && trip <= bound) return out.emit({ kind: 'measured', id, delayMs: inMs(trip) });
    if (this.config.isOurs(to) === false) return out.emit({ kind: 'measured', id, delayMs: undefined });
    const running = this.measuring.get(path);
    if (running) return void running.waiting.set(id, bound);
    const end = micros(now + PATIENCE);
    const begun: Measuring = { to, cube, waiting: new Map([[id, bound]]), tries: 0, answers: 0, next: now, end };
    this.measuring.set(path, begun);
    this.try(path, begun, now, out);
  }

  private try(path: string, one: Measuring, now: Micros, out: Sink<PathDelayOutput>): void {
    const { to, cube } = one;
    one.tries += 1;
    one.next = one.tries < ECHOES ? micros(now + PACE) : NEVER;
    if (!this.config.isOurs(to)) return out.emit({ kind: 'greet', to });
    const number = this.newNumber(path, one, now);
    out.emit({ kind: 'send', to, cube, bytes: encodeFa({ kind: 'echo', sAddr: this.config.self, number, cube }) });
  }

  private newNumber(path: string, of: Measuring, now: Micros): bigint {
    for (const [number, { sent }] of this.echoes) if (sent + REMEMBERED <= now) this.echoes.delete(number);
    const number = random64(this.config.random32);
    this.echoes.set(number, { path, of, sent: now });
    return number;
  }

  private echoed(number: bigint, now: Micros, out: Sink<PathDelayOutput>): void {
    const echo = this.echoes.get(number);
    this.echoes.delete(number);
    if (!echo || echo.sent + REMEMBERED <= now) return;
    const { path, of, sent } = echo;
    this.remember(path, now - sent, now);
    of.answers += 1;
    const one = this.measuring.get(path);
    if (!one) return;
    this.release(path, one, now, out);
    if (one.waiting.size === 0) this.measuring.delete(path);
    else if (one.answers === ECHOES) this.conclude(path, now, out);
  }

  private heard(address: Address, ours: boolean, now: Micros, out: Sink<PathDelayOutput>): void {
    for (const [path, one] of this.measuring) {
      if (one.to !== address) continue;
      if (!ours) {
        this.conclude(path, now, out);
        continue;
      }
      [one.tries, one.answers, one.end] = [0, 0, micros(now + PATIENCE)];
      this.try(path, one, now, out);
    }
  }

  /** Those for which the path is fast enough need not wait any more. */
  private release(path: string, { waiting }: Measuring, now: Micros, out: Sink<PathDelayOutput>): void {
    const trip = this.tripOf(path, now)!;
    for (const [id, bound] of waiting) {
      if (trip > bound) continue;
      waiting.delete(id);
      out.emit({ kind: 'measured', id, delayMs: inMs(trip) });
    }
  }

  private conclude(path: string, now: Micros, out: Sink<PathDelayOutput>): void {
    const trip = this.tripOf(path, now);
    const delayMs = trip === undefined ? undefined : inMs(trip);
    const { waiting } = this.measuring.get(path)!;
    this.measuring.delete(path);
    for (const id of waiting.keys()) out.emit({ kind: 'measured', id, delayMs });
  }

  private remember(path: string, trip: number, now: Micros): void {
    const before = this.tripOf(path, now);
    if (before !== undefined && before <= trip) return;
    const until = before === undefined ? micros(now + REMEMBERED) : this.known.get(path)!.until;
    if (this.known.size >= MAX_REMEMBERED) this.known.clear();
    this.known.set(path, { trip, until });
  }

  private tripOf(path: string, now: Micros): number | undefined {
    const known = this.known.get(path);
    return known && known.until > now ? known.trip : undefined;
  }
}

const inMs = (trip: number): number => trip / 2000;
