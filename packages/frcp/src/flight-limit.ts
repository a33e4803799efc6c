/**
 * How many packets may be under way at once. This is no congestion control: the layer does that, and holds us back by its full
 * queue. It keeps a queue that is out of the layer's sight from being flooded, where most of what is sent would be lost and
 * sent again for ever.
 *
 * What such a queue loses depends on how much is under way; what a radio link loses does not. So losses are compared with
 * those that are usual: when more are lost, the limit falls to what arrived, and what is lost even then is usual from now on.
 * What is usual becomes less as soon as less is lost, so that a queue that was full while it was measured is not taken for a radio link.
 *
 * States: `open` (the limit doubles, until it falls for the first time) → `measuring` (it has fallen: what is lost now?) ⇄
 * `raising` (it grows by a part).
 */
const FIRST_LIMIT = 64;
const LEAST_LIMIT = 16;
/** Packets whose fate tells enough. */
const LEAST_SAMPLE = 64;
/** So much of what is sent may be lost beyond what is usual before the limit has fallen, as nothing is known yet of what is usual. */
const EXCESS = 1 / 8;
/** And afterwards; more where chance is to be reckoned with, by so many standard deviations of what is usual. */
const LEAST_EXCESS = 1 / 64;
const DEVIATIONS = 3;
/** By which part of the difference what is usual becomes less. */
const USUAL_PART = 32;
/** More is never usual, so that flows that meet in a queue do not take each other's losses for it. */
const MOST_USUAL = 1 / 4;
/** A limit that falls stays below what arrived, so that the queue empties. */
const DRAIN = 7 / 8;
/** By which part of it a limit that was found is raised each time. */
const RAISE_PART = 16;
/** Near the limit that was last too high, within so large a part of it, that takes so many samples in which no more was lost than is usual. [as CUBIC, RFC 9438] */
const NEAR = 1 / 8;
const CALM_SAMPLES = 8;

export class FlightLimit {
  packets = FIRST_LIMIT;

  private state: 'open' | 'measuring' | 'raising' = 'open';
  /** The part that is lost however little is under way. */
  private usual = 0;
  /** Packets sent before the limit fell: what becomes of them tells nothing of the new one. */
  private older = 0;
  private arrived = 0;
  private lost = 0;
  /** The limit that was last too high, and samples since the limit was changed. */
  private ceiling = Infinity;
  private calm = 0;
  private full = false;

  /** The limit kept something back. */
  reached(): void {
    this.full = true;
  }

  /** A packet arrived. */
  noteArrived(): void {
    if (this.older > 0) this.older -= 1;
    else {
      this.arrived += 1;
      this.endSample();
    }
  }

  /** So many packets more are taken for lost; `flying` are still under way. */
  noteLost(packets: number, flying: number): void {
    const counted = Math.max(0, packets - this.older);
    this.older -= packets - counted;
    this.lost += counted;
    const sent = this.arrived + this.lost;
    const most = (this.usual + this.excess(sent)) * sent;
    if (this.state !== 'measuring' && sent >= LEAST_SAMPLE && this.lost > most) this.fall(flying);
    else if (counted > 0) this.endSample();
  }

  /** Nothing arrived for a time-out. */
  noteSilence(): void {
    this.shrink(1 / 2);
  }

  private fall(flying: number): void {
    // Losses are found many at once: what arrived of those that were sent with them may have been told before.
    const sent = Math.max(this.packets, this.arrived + this.lost);
    // The first time it may have been the burst at the beginning, which tells nothing of how much a steady flow may have under way.
    if (this.state !== 'open') this.ceiling = this.packets;
    this.shrink((DRAIN * (1 - this.lost / sent)) / (1 - this.usual));
    this.state = 'measuring';
    this.older = flying;
    this.beginSample();
  }

  private endSample(): void {
    const sent = this.arrived + this.lost;
    if (sent < Math.max(this.packets, LEAST_SAMPLE)) return;
    const part = this.lost / sent;
    if (this.state === 'measuring') {
      this.usual = Math.min(MOST_USUAL, (this.usual + part) / 2);
      this.state = 'raising';
      this.calm = 0;
    } else if (this.full && part <= this.usual + this.excess(sent) / 2) this.raise();
    if (part < this.usual) this.usual -= (this.usual - part) / USUAL_PART;
    this.beginSample();
  }

  private raise(): void {
    this.calm += 1;
    if (this.calm < CALM_SAMPLES && Math.abs(this.packets - this.ceiling) < this.ceiling * NEAR) return;
    this.packets += this.state === 'open' ? this.packets : Math.ceil(this.packets / RAISE_PART);
    this.calm = 0;
  }

  private excess(sent: number): number {
    return this.state === 'open' ? EXCESS : Math.max(LEAST_EXCESS, DEVIATIONS * Math.sqrt(this.usual / sent));
  }

  private beginSample(): void {
    this.arrived = this.lost = 0;
    this.full = false;
  }

  private shrink(part: number): void {
    if (this.state === 'open') this.state = 'raising';
    this.packets = Math.max(LEAST_LIMIT, Math.min(this.packets, Math.floor(this.packets * part)));
  }
}
