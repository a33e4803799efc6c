import { isBefore } from './seqno.js';

/**
 * How many packets may be under way at once. This is no congestion control: the layer does that, and holds us back by its full
 * queue. It keeps a queue that is out of the layer's sight from being flooded, where most of what is sent would be lost and
 * sent again for ever.
 *
 * Rounds are counted, each as long as a round trip. A round in which a large part was lost shows how much the path
 * carries in a round trip: what arrived. Other rounds raise the limit, doubling it until the path has shown itself for
 * the first time. Losses below that part, as of a radio link, change nothing.
 */
const FIRST_LIMIT = 64;
const LEAST_LIMIT = 4;
/** A round has lost a large part when it lost one in so many. */
const LARGE_PART = 12;
/** By which part of it a limit that was found is raised each round. */
const RAISE_PART = 8;

export class FlightLimit {
  packets = FIRST_LIMIT;

  private found = false;
  private arrived = 0;
  private lost = 0;
  private full = false;

  /** `roundEnd`: the round ends when a packet not before this number arrives. */
  constructor(private roundEnd: number) {}

  /** The limit kept something back. */
  reached(): void {
    this.full = true;
  }

  noteLost(packets: number): void {
    this.lost += packets;
  }

  /** A packet arrived; `next` is the next new number. */
  noteArrived(seqno: number, next: number): void {
    this.arrived += 1;
    if (isBefore(seqno, this.roundEnd)) return;
    if (this.lost * LARGE_PART > this.arrived + this.lost) this.shrink();
    else if (this.full) this.packets += this.found ? Math.ceil(this.packets / RAISE_PART) : this.packets;
    this.roundEnd = next;
    this.arrived = this.lost = 0;
    this.full = false;
  }

  /** Nothing arrived for a time-out. */
  noteSilence(): void {
    this.found = true;
    this.packets = Math.max(LEAST_LIMIT, Math.ceil(this.packets / 2));
  }

  private shrink(): void {
    this.found = true;
    this.packets = Math.max(LEAST_LIMIT, Math.min(this.packets, this.arrived));
  }
}
