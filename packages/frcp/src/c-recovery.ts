import type { Micros } from '@ouroboros/model';
import type { RttEstimator } from './rtt-estimator.js';
import type { SendBuffer } from './send-buffer.js';
import { isBefore } from './seqno.js';

/** Most packets that are sent again at once. */
const LONGEST_BURST = 64;

/**
 * Finds losses towards C, which tells ackno alone and that late: after silence the oldest packet is sent again, and then, as
 * ackno moves through what was under way at that time, the next that holds it up. [NewReno, RFC 6582]
 */
export class CRecovery {
  /** The packets under way when silence was last met end here. */
  private end: number;
  private burst = 1;

  constructor(
    first: number,
    private readonly packets: SendBuffer,
    private readonly rtt: RttEstimator,
  ) {
    this.end = first;
  }

  /** Silence: what is before `next` was under way. */
  begin(next: number, now: Micros): void {
    this.end = next;
    this.markOldest(now);
  }

  /** Ackno has moved: where it stops short of the end, it stops at another packet that is missing. */
  goOn(now: Micros): void {
    if (!isBefore(this.packets.first, this.end)) this.burst = 1;
    else this.markOldest(now);
  }

  /**
   * Takes packets that a round trip ago were under way for lost, more each time in one recovery: which of them are missing
   * a C peer cannot tell, and the rest comes twice.
   */
  private markOldest(now: Micros): void {
    const { packets } = this;
    const sentBefore = now - this.rtt.roundTrip;
    for (let left = this.burst; left > 0 && packets.flying > 0; left -= 1) {
      const seqno = packets.oldestFlying;
      if (packets.lastSentAt(seqno) > sentBefore || !isBefore(seqno, this.end)) break;
      packets.markLost(seqno);
    }
    this.burst = Math.min(LONGEST_BURST, this.burst * 2);
  }
}
