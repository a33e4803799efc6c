import { lossPercent } from '@ouroboros/tool-kit';

/** Counts and round-trip times of one run; constant memory. Times in ms. */
export class PingStatistics {
  sent = 0;
  received = 0;
  outOfOrder = 0;
  min = Infinity;
  max = 0;
  /** Longest time between two replies, and between the start and the first. */
  longestGap = 0;
  private mean = 0;
  private squares = 0;
  private nextId = 0;
  private lastReplyAt: number;

  constructor(startedAt: number) {
    this.lastReplyAt = startedAt;
  }

  /** Counts a reply; answers true when it came after one with a higher id. */
  reply(id: number, rtt: number, now: number): boolean {
    this.received += 1;
    this.longestGap = Math.max(this.longestGap, now - this.lastReplyAt);
    this.lastReplyAt = now;
    this.addTime(rtt);
    const late = id < this.nextId;
    if (late) this.outOfOrder += 1;
    else this.nextId = id + 1;
    return late;
  }

  /** See lossPercent. */
  get lossPercent(): number {
    return lossPercent(this.sent, this.received);
  }

  get average(): number {
    return this.mean;
  }

  /** Sample standard deviation; NaN below two replies. */
  get deviation(): number {
    return this.received < 2 ? NaN : Math.sqrt(this.squares / (this.received - 1));
  }

  /** Welford's method, which does not cancel out for small deviations of large values. */
  private addTime(rtt: number): void {
    this.min = Math.min(this.min, rtt);
    this.max = Math.max(this.max, rtt);
    const distance = rtt - this.mean;
    this.mean += distance / this.received;
    this.squares += distance * (rtt - this.mean);
  }
}
