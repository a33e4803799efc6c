import { fromMs, micros, type Micros } from '@ouroboros/model';

const LEAST = 4 * 1024;
/** What the link carries in so long may always wait: less would only wake processes more often. */
const LEAST_TIME = fromMs(3);
const MOST = 256 * 1024;
/** Never more than what the link carries in so long, or this much. */
const MOST_TIME = fromMs(10);
const LEAST_MOST = 12 * 1024;
/** A limit that was enough for so long is lowered a little. */
const HOLD = fromMs(100);
/** The rate of the link is the best of the last second: longer than the bursts in which the layer below takes packets. */
const SAMPLE = fromMs(25);
const SAMPLES = 40;

/**
 * How many bytes may wait below a scheduler: as few as keep the link busy, since what waits there waits in the order in
 * which it came. Found as the byte queue limits of Linux find it: doubled when the link ran empty although packets
 * waited, twice in turn, since once may be no more than that the layer below filled a queue of its own; lowered while it
 * never does. A link may run empty as well because its process was not scheduled; a bound in time keeps that from piling
 * up what a slow link takes long to carry.
 */
export class QueueLimit {
  bytes = LEAST;
  private lowerAt: Micros = micros(0);
  private emptyBefore = false;
  private readonly rate = new BestRate();

  /** Packets wait above, and the link, which was given `sent` bytes in all, has room; `ranEmpty`: it has nothing left. Answers whether `bytes` changed. */
  adapt(ranEmpty: boolean, sent: number, now: Micros): boolean {
    const before = this.bytes;
    const starves = ranEmpty && this.emptyBefore;
    this.emptyBefore = ranEmpty;
    const rate = this.rate.sample(sent, now);
    if (starves) this.bytes = within(before * 2, rate);
    else if (now >= this.lowerAt) this.bytes = within(before - (before >> 3), rate);
    else return false;
    this.lowerAt = micros(now + HOLD);
    return this.bytes !== before;
  }
}

function within(bytes: number, rate: number): number {
  const most = Math.min(Math.max(Math.floor(rate * MOST_TIME), LEAST_MOST), MOST);
  const least = Math.min(Math.max(Math.floor(rate * LEAST_TIME), LEAST), MOST);
  return Math.min(Math.max(bytes, least), most);
}

/** Bytes per microsecond in the best of the last samples. */
class BestRate {
  private readonly samples = new Float64Array(SAMPLES);
  private next = 0;
  private since: Micros = micros(0);
  private sentBefore = 0;
  private best = 0;

  sample(sent: number, now: Micros): number {
    const passed = now - this.since;
    if (passed < SAMPLE) return this.best;
    this.samples[this.next] = (sent - this.sentBefore) / passed;
    this.next = (this.next + 1) % SAMPLES;
    this.best = this.samples.reduce((best, one) => Math.max(best, one));
    this.since = now;
    this.sentBefore = sent;
    return this.best;
  }
}
