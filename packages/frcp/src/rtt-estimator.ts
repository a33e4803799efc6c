import { fromMs, fromSeconds, type Micros } from '@ouroboros/model';

/**
 * Round-trip time and retransmission time-out, in whole nanoseconds with shifts that round down. [spec/wire-frcp.md §7.3]
 * The peer's delay in acknowledging is part of a sample.
 */
const NS_PER_US = 1000;
const FIRST_RTO = fromSeconds(1);
const MIN_RTT_NS = 1000;
const MIN_DEVIATION_NS = 100;
const MIN_RTO_NS = 250_000;
/**
 * No time-out is longer, however often it doubled: a path that comes back after an outage is found within this time.
 * (C doubles on.)
 */
const MAX_RTO = fromSeconds(4);
/** How long the peer may hold an acknowledgement back. C's leave 10–16 ms after reception [§7.2]; ours within 5 ms, both plus timers. */
const ACK_DELAY_C = fromMs(20);
const ACK_DELAY = fromMs(10);

export class RttEstimator {
  private smoothed = 0;
  private deviation = 0;
  private timeoutNs = FIRST_RTO * NS_PER_US;
  private shortestNs = Infinity;
  private readonly ackDelay: Micros;

  constructor(selective: boolean) {
    this.ackDelay = selective ? ACK_DELAY : ACK_DELAY_C;
  }

  get measured(): boolean {
    return this.smoothed > 0;
  }

  /** Smoothed round-trip time; 0 = not measured. */
  get roundTrip(): Micros {
    return (this.smoothed / NS_PER_US) as Micros;
  }

  /** The shortest round trip of late: forgotten slowly, so that a path may become longer. */
  get shortest(): Micros {
    return (this.shortestNs / NS_PER_US) as Micros;
  }

  /** The time-out of the spec, without doubling. */
  get timeout(): Micros {
    return (this.timeoutNs / NS_PER_US) as Micros;
  }

  /** After so long without an acknowledgement something is taken for lost, `doublings` times after the last progress. */
  patience(doublings: number): Micros {
    const once = this.measured ? Math.max(this.timeout, this.roundTrip + this.ackDelay) : FIRST_RTO;
    return Math.min(MAX_RTO, once * 2 ** doublings) as Micros;
  }

  /** As `patience(0)`, but not longer than two round trips: when to ask what arrived of the last packets. [RFC 8985 §7.2] */
  get tailPatience(): Micros {
    return Math.min(this.patience(0), 2 * this.roundTrip + this.ackDelay) as Micros;
  }

  sample(roundTrip: Micros): void {
    const m = Math.round(roundTrip * NS_PER_US);
    this.shortestNs = m < this.shortestNs ? m : this.shortestNs + (m - this.shortestNs) / 256;
    if (this.measured) this.follow(m);
    else {
      this.smoothed = m;
      this.deviation = Math.floor(m / 2);
    }
    this.smoothed = Math.max(MIN_RTT_NS, this.smoothed);
    this.deviation = Math.max(MIN_DEVIATION_NS, this.deviation);
    this.timeoutNs = Math.max(MIN_RTO_NS, this.smoothed + this.deviation * 4);
  }

  private follow(m: number): void {
    const error = m - this.smoothed;
    this.smoothed += Math.floor(error / 8);
    let change = Math.floor((Math.abs(error) - this.deviation) / 4);
    // A shorter time than expected is no sign of a wilder path: the deviation falls slowly.
    if (change < 0) change = Math.floor(change / 8);
    this.deviation += change;
  }
}
