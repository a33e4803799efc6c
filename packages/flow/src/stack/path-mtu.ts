import { NEVER, fromMs, fromSeconds, type Micros } from '@ouroboros/model';
import type { Machine, Sink } from '@ouroboros/machine';

/**
 * The longest packet that the whole path of a flow takes, found by probing (DPLPMTUD, RFC 8899): a probe of a size is
 * sent, and if the other end answers, the size passes. No message from the layers below is needed or believed.
 *
 * States [RFC 8899 §5.2]:
 * `rest`    nothing is probed; packets go out with `size`. A user who wants to send longer ones starts a search.
 * `base`    is the base size answered at all? Repeated until it is, as long as somebody wants to send.
 * `search`  is the candidate answered?
 * `verify`  the candidate was not answered; is `size` still? Yes: the candidate is too long. No: the path is dead or has
 *           changed, back to `base`.
 * `confirm` while long packets flow, `size` is probed now and then; unanswered means a black hole: back to `base`.
 *
 * A flow that never sends more than the base size never probes. Sizes are of packets as the layer carries them.
 */
export type PathMtuInput =
  /** A packet longer than `size` is there to be sent. */
  | { readonly type: 'wanted' }
  /** The other end got the probe with this number, of this length. */
  | { readonly type: 'answer'; readonly number: number; readonly length: number }
  /** The probe just put out could not be sent, as the queue is full. */
  | { readonly type: 'unsent' };

/** Send a probe of this size now. */
export interface PathMtuOutput {
  readonly number: number;
  readonly size: number;
}

export interface PathMtuConfig {
  /** Longest packet that the channel takes. */
  readonly max: number;
  /** Number of the first probe, unsigned 32 bit. */
  readonly firstNumber: number;
}

/** A size that every layer carries; the search begins here. */
export const BASE_PACKET = 512;
/** Sizes that are tried first: one that fits nearly everywhere, what Ethernet cannot carry, what jumbo frames cannot. */
const LIKELY = [1400, 1500, 9000] as const;
/** The search ends when it is known this well. */
const GRANULARITY = 8;
/** Probes of one size before it counts as unanswered. [RFC 8899 §5.1.2, MAX_PROBES] */
const MAX_PROBES = 3;
/** Wait for an answer while no round-trip time is known, and otherwise at least and at most. [RFC 8899 §5.1.1, PROBE_TIMER] */
const FIRST_TIMEOUT = fromSeconds(1);
const LEAST_TIMEOUT = fromMs(200);
const TIMEOUT_PER_RTT = 4;
/** The pause between probes of the base size doubles up to this. */
const LONGEST_TIMEOUT = fromSeconds(16);
/** When a probe could not be sent. */
const UNSENT_PAUSE = fromMs(20);
/**
 * A longer path is looked for again after this, each time after twice as long up to the second. A layer below may just be
 * looking for its own longest packet, and refuse our longer probes until it has found it. [RFC 8899 §5.1.1, PMTU_RAISE_TIMER]
 */
const FIRST_RAISE = fromSeconds(2);
const LAST_RAISE = fromSeconds(600);
/** How often `size` is confirmed while long packets flow. [RFC 8899 §5.1.1, CONFIRMATION_TIMER] */
const CONFIRM_AFTER = fromSeconds(5);

type State = 'rest' | 'base' | 'search' | 'verify' | 'confirm';

export class PathMtu implements Machine<PathMtuInput, PathMtuOutput> {
  /** Longest packet that is known to pass. */
  size: number;
  /** Set by the user for each packet of more than BASE_PACKET bytes that was sent. */
  longSent = false;
  private current: State = 'rest';
  /** Shortest size that is known not to pass. */
  private tooLong: number;
  private candidate = 0;
  /** Size, number and count of the probes that wait for an answer. */
  private probing = 0;
  private number: number;
  private tries = 0;
  private sentAt = 0 as Micros;
  private roundTrip = 0;
  private timeout = FIRST_TIMEOUT;
  private wantedMeanwhile = false;
  private probeAt = NEVER;
  private raiseAt = 0 as Micros;
  private raiseAfter = FIRST_RAISE;
  private confirmAt = NEVER;

  constructor(private readonly config: PathMtuConfig) {
    this.size = Math.min(BASE_PACKET, config.max);
    this.tooLong = config.max + 1;
    this.number = config.firstNumber >>> 0;
  }

  get state(): State {
    return this.current;
  }

  get deadline(): Micros {
    return Math.min(this.probeAt, this.confirmAt) as Micros;
  }

  handle(input: PathMtuInput, now: Micros, out: Sink<PathMtuOutput>): void {
    switch (input.type) {
      case 'wanted':
        return this.wanted(now, out);
      case 'answer':
        return this.answered(input.number, input.length, now, out);
      case 'unsent':
        this.tries -= 1;
        this.probeAt = (now + UNSENT_PAUSE) as Micros;
    }
  }

  wake(now: Micros, out: Sink<PathMtuOutput>): void {
    if (now >= this.probeAt) this.unanswered(now, out);
    if (now >= this.confirmAt) this.confirmIfUsed(now, out);
  }

  private wanted(now: Micros, out: Sink<PathMtuOutput>): void {
    this.wantedMeanwhile = true;
    if (this.current !== 'rest' || now < this.raiseAt || this.size >= this.config.max) return;
    this.tooLong = this.config.max + 1;
    if (this.size <= BASE_PACKET) this.probe('base', this.size, now, out);
    else this.searchOn(now, out);
  }

  private answered(number: number, length: number, now: Micros, out: Sink<PathMtuOutput>): void {
    if (this.current === 'rest' || number !== this.number || length !== this.probing) return;
    if (this.tries === 1) this.measure(now - this.sentAt);
    const { current } = this;
    if (current === 'search') this.size = this.probing;
    if (current === 'verify') this.tooLong = this.candidate;
    if (current === 'confirm') this.rest(now);
    else this.searchOn(now, out);
  }

  private measure(sample: number): void {
    this.roundTrip = this.roundTrip === 0 ? sample : this.roundTrip + (sample - this.roundTrip) / 8;
  }

  private unanswered(now: Micros, out: Sink<PathMtuOutput>): void {
    if (this.current === 'base') return this.baseUnanswered(now, out);
    if (this.tries < MAX_PROBES) return this.send(now, out);
    if (this.current === 'search') {
      this.candidate = this.probing;
      this.probe('verify', this.size, now, out);
      return;
    }
    this.size = Math.min(BASE_PACKET, this.config.max);
    this.tooLong = this.config.max + 1;
    this.probe('base', this.size, now, out);
  }

  private baseUnanswered(now: Micros, out: Sink<PathMtuOutput>): void {
    if (!this.wantedMeanwhile && this.tries > 0) return this.rest(now, now);
    this.wantedMeanwhile = false;
    this.send(now, out);
    this.timeout = Math.min(this.timeout * 2, LONGEST_TIMEOUT) as Micros;
  }

  private searchOn(now: Micros, out: Sink<PathMtuOutput>): void {
    const next = this.nextSize();
    if (next === undefined) this.restUntilRaise(now);
    else this.probe('search', next, now, out);
  }

  /** The next size to try; undefined when it is known well enough. */
  private nextSize(): number | undefined {
    const { size, tooLong } = this;
    for (const likely of LIKELY) if (likely > size && likely < tooLong) return likely;
    const { max } = this.config;
    if (tooLong > max) return size < max ? max : undefined;
    return tooLong - size > GRANULARITY ? (size + tooLong) >> 1 : undefined;
  }

  private rest(now: Micros, raiseAt = this.raiseAt): void {
    this.current = 'rest';
    this.probeAt = NEVER;
    this.raiseAt = raiseAt;
    this.confirmAt = this.size > BASE_PACKET ? ((now + CONFIRM_AFTER) as Micros) : NEVER;
    this.longSent = false;
  }

  private restUntilRaise(now: Micros): void {
    this.rest(now, (now + this.raiseAfter) as Micros);
    this.raiseAfter = Math.min(this.raiseAfter * 2, LAST_RAISE) as Micros;
  }

  private confirmIfUsed(now: Micros, out: Sink<PathMtuOutput>): void {
    this.confirmAt = this.current === 'rest' ? ((now + CONFIRM_AFTER) as Micros) : NEVER;
    if (this.current === 'rest' && this.longSent) this.probe('confirm', this.size, now, out);
  }

  private probe(state: State, size: number, now: Micros, out: Sink<PathMtuOutput>): void {
    this.current = state;
    this.confirmAt = NEVER;
    this.probing = size;
    this.tries = 0;
    this.number = (this.number + 1) >>> 0;
    this.timeout = this.answerTimeout();
    this.send(now, out);
  }

  private answerTimeout(): Micros {
    if (this.roundTrip === 0) return FIRST_TIMEOUT;
    return Math.max(Math.min(this.roundTrip * TIMEOUT_PER_RTT, LONGEST_TIMEOUT), LEAST_TIMEOUT) as Micros;
  }

  private send(now: Micros, out: Sink<PathMtuOutput>): void {
    this.tries += 1;
    this.sentAt = now;
    this.probeAt = (now + this.timeout) as Micros;
    out.emit({ number: this.number, size: this.probing });
  }
}
