import { fromMs, micros, type Micros } from '@ouroboros/model';

const LEAST = 16 * 1024;
const MOST = 256 * 1024;
/** A limit that was enough for so long is lowered a little. */
const HOLD = fromMs(100);

/**
 * How many bytes may wait below a scheduler: as few as keep the link busy, since what waits there waits in the order in
 * which it came. Found as the byte queue limits of Linux find it: doubled when the link ran empty although packets
 * waited, lowered while it never does.
 */
export class QueueLimit {
  bytes = LEAST;
  private lowerAt: Micros = micros(0);

  /** Packets wait above, and the link said that it has room; `ranEmpty`: it has nothing left. Answers whether `bytes` changed. */
  adapt(ranEmpty: boolean, now: Micros): boolean {
    const before = this.bytes;
    if (ranEmpty) this.bytes = Math.min(before * 2, MOST);
    else if (now >= this.lowerAt) this.bytes = Math.max(before - (before >> 3), LEAST);
    else return false;
    this.lowerAt = micros(now + HOLD);
    return this.bytes !== before;
  }
}
