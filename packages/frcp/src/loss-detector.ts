import { NEVER, type Micros } from '@ouroboros/model';
import type { RttEstimator } from './rtt-estimator.js';
import type { SendBuffer } from './send-buffer.js';
import { isBefore } from './seqno.js';

/**
 * Finds losses by time, after RACK [RFC 8985 §6]: a packet is lost when one that was sent later has arrived and the first has
 * had a round trip and some patience more. It holds for retransmissions as for first transmissions, so that the loss of a
 * retransmission is found in a round trip too.
 *
 * The patience covers reordering: a quarter of the shortest round trip, one quarter more each time that the peer tells
 * of packets that came twice after we retransmitted, at most a round trip, and slowly less again. [RFC 8985 §6.2 step 4]
 */
const QUARTERS = 4;
/** So that patience that was good for nothing is given up again. */
const MOST_QUARTERS = 16;
/** Round trips without packets that came twice, after which patience is lowered by a quarter. */
const CALM_ROUND_TRIPS = 16;

export class LossDetector {
  /** When to look again, or NEVER. */
  lookAt: Micros = NEVER;

  /** When the packet that was sent last of those that have arrived was sent, its number, and how long it took. */
  private sentAt = -1;
  private seqno = 0;
  private took = 0;
  private quarters = 1;
  private calmUntil = 0;
  private duplicates = 0;
  private resentBefore = 0;

  constructor(
    private readonly packets: SendBuffer,
    private readonly rtt: RttEstimator,
  ) {}

  /** A packet arrived; before it is marked so. */
  arrived(seqno: number, now: Micros): void {
    const sentAt = this.packets.lastSentAt(seqno);
    const took = now - sentAt;
    // Sooner than any round trip: it was an earlier transmission that arrived.
    if (this.packets.wasResent(seqno) && took < this.rtt.shortest) return;
    if (this.isOvertaken(sentAt, seqno)) return;
    this.sentAt = sentAt;
    this.seqno = seqno;
    this.took = took;
  }

  /** The peer's count of packets that came twice; `resent` is our count of retransmissions. */
  noteDuplicates(duplicates: number, resent: number, now: Micros): void {
    const more = isBefore(this.duplicates, duplicates) && resent !== this.resentBefore;
    if (isBefore(this.duplicates, duplicates)) this.duplicates = duplicates;
    if (more) this.quarters = Math.min(MOST_QUARTERS, this.quarters + 1);
    else if (now < this.calmUntil || this.quarters === 1) return;
    else this.quarters -= 1;
    this.resentBefore = resent;
    this.calmUntil = now + CALM_ROUND_TRIPS * this.rtt.roundTrip;
  }

  /** Marks what is lost. Packets not before `end` are left alone: the peer had no room to tell of them. */
  detect(end: number, now: Micros): void {
    const { packets } = this;
    this.lookAt = NEVER;
    const patience = this.took + this.reordering();
    let seqno = packets.oldestFlying;
    for (let left = packets.flying; left > 0 && this.isOvertaken(packets.lastSentAt(seqno), seqno); left -= 1) {
      const next = packets.laterThan(seqno);
      if (isBefore(seqno, end)) {
        const dueAt = packets.lastSentAt(seqno) + patience;
        if (dueAt > now) {
          this.lookAt = dueAt as Micros;
          return;
        }
        packets.markLost(seqno);
      }
      seqno = next;
    }
  }

  /** A packet that was sent after this one has arrived. */
  private isOvertaken(sentAt: number, seqno: number): boolean {
    return sentAt < this.sentAt || (sentAt === this.sentAt && isBefore(seqno, this.seqno));
  }

  private reordering(): number {
    return Math.min((this.rtt.shortest * this.quarters) / QUARTERS, this.rtt.roundTrip);
  }
}
