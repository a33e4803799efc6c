import { micros, type Micros } from '@ouroboros/model';
import type { CaPolicy, CongestionState, FlowCongestion, LinkMarker } from './ca.js';

/**
 * Multi-bit explicit congestion notification [spec/wire-unicast-data.md §10].
 *
 * Reports are those of the reference, and so is what a mark says. The sender paces by bytes per slot like the
 * reference's, but its slot has a fixed length and its window a floor: stretching slots for slow flows lets the
 * reference's throughput collapse (a flow then bursts and sleeps for up to a second). So does marking by the queue of the
 * moment, see StandingQueue. It also leaves slow start by going back to where the queue began, and adds less to a small
 * window: an increment is 31 Mbit/s, which on a slow link loses nearly all before the next report. A slot halves it at most, it is soon back near where congestion began,
 * and the longer none is reported the more is added: a processor that was busy for a moment leaves a queue of thousands of
 * packets, and one increment per slot then needs seconds for gigabits. It never sleeps: it answers how long the flow has to wait.
 */

/** 2^24 ns, the reference's first slot. */
const SLOT_MICROS = 2 ** 24 / 1000;
const FIRST_WINDOW = 65_536;
const INCREMENT = 65_536;
/** What is added to a small window: a packet, and a quarter. */
const LEAST_INCREMENT = 1400;
/** Of the window in which congestion began, what is grown back into by a quarter per slot. [as RFC 9438 §4.6 has it for CUBIC] */
const KNOWN_GOOD = 0.7;
/** After so many slots without a report the increment has doubled, after twice as many it is threefold. [as CUBIC's convex region] */
const DOUBLED_AFTER = 8;
/** Eight packets of 1,400 bytes per slot, about 5 Mbit/s. */
const LEAST_WINDOW = 8 * 1400;
/** A queue stands for two slots before it is marked, and the report is under way for part of a third: three doublings too many. */
const OVERSHOOT = 8;
/** 64 MiB per slot is 32 Gbit/s: no limit in practice, but a bound. */
const LARGEST_WINDOW = 2 ** 26;
/** After so many packets without a report the level is forgotten. */
const FORGET_AFTER = 32;

class MbEcn implements FlowCongestion {
  private level = 0;
  private sinceUpdate = 0;
  private everUpdated = false;
  private slot = 0;
  private used = 0;
  private window = FIRST_WINDOW;
  /** When congestion was first reported, in this episode or the last one. */
  private congestedAt = 0;
  /** Slots with packets since the last one for which congestion was reported. */
  private clear = 0;
  private rxLevel = 0;
  private rxMarked = 0;

  onSent(length: number, now: Micros): Micros | 0 {
    const slot = Math.floor(now / SLOT_MICROS);
    this.sinceUpdate += 1;
    if (this.sinceUpdate > FORGET_AFTER) this.level = 0;
    if (slot > this.slot) {
      this.adapt();
      this.slot = slot;
      this.used = 0;
    }
    this.used += length;
    return this.used > this.window ? micros(Math.ceil((this.slot + 1) * SLOT_MICROS)) : 0;
  }

  private adapt(): void {
    let window = this.window;
    if (this.level > 0) {
      if (this.clear > 0) this.congestedAt = window;
      this.clear = 0;
      window -= window * Math.min(this.level / 8192, 0.5);
    } else {
      this.clear += 1;
      if (this.everUpdated) window = this.used + this.increment();
      else if (this.used > window) window *= 2;
    }
    this.window = Math.min(Math.max(window, LEAST_WINDOW), LARGEST_WINDOW);
  }

  private increment(): number {
    const { used, congestedAt, clear } = this;
    const quarter = LEAST_INCREMENT + (used >> 2);
    return used < KNOWN_GOOD * congestedAt ? quarter : Math.min(INCREMENT * (1 + clear / DOUBLED_AFTER), quarter);
  }

  onUpdate(level: number): void {
    if (!this.everUpdated) this.window = Math.max(this.window / OVERSHOOT, LEAST_WINDOW);
    this.level = level;
    this.sinceUpdate = 0;
    this.everUpdated = true;
  }

  onReceived(mark: number): number {
    if (mark === 0) {
      if (this.rxLevel === 0) return -1;
      this.rxLevel >>= 2;
      return this.rxLevel === 0 ? 0 : -1;
    }
    if (this.rxLevel === 0) {
      this.rxLevel = mark;
      this.rxMarked = 0;
      return mark;
    }
    this.rxLevel = Math.min(this.rxLevel - (this.rxLevel >> 5) + mark, 0xffff);
    const report = (this.rxMarked & 7) === 1;
    this.rxMarked += 1;
    return report ? this.rxLevel : -1;
  }

  describe(): CongestionState {
    const regime = this.level > 0 ? 'Multiplicative dec' : this.everUpdated ? 'Additive inc' : 'Slow start';
    return { upstreamLevel: this.level, downstreamLevel: this.rxLevel, windowBytes: Math.round(this.window), regime };
  }
}

/**
 * Marks by the queue that has not drained for a whole slot, where the reference marks by the queue of the moment: senders
 * that are held to a window send it in bursts, and a burst that is gone before the next slot is no congestion. Marking
 * bursts holds every flow to the size of a burst that goes unmarked, which is 16 packets per slot.
 */
class StandingQueue implements LinkMarker {
  private slot = 0;
  /** Shortest queue of this slot so far, and of the one before. */
  private least = 0;
  private leastBefore = 0;

  mark(queued: number, now: Micros): number {
    const slot = Math.floor(now / SLOT_MICROS);
    if (slot !== this.slot) {
      this.leastBefore = slot === this.slot + 1 ? this.least : 0;
      this.least = queued;
      this.slot = slot;
    } else if (queued < this.least) this.least = queued;
    return (Math.min(this.least, this.leastBefore) >> 4) & 0xff;
  }
}

export const mbEcn: CaPolicy = {
  name: 'mb-ecn',
  number: 1,
  create: () => new MbEcn(),
  createMarker: () => new StandingQueue(),
};
