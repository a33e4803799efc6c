import { fromMs, micros, type Micros } from '@ouroboros/model';
import type { Troubles } from './troubles.js';

/** A datagram that is overtaken is held back by so much. */
const REORDER_DELAY = fromMs(20);
/** While more than this waits for its turn at the shaped rate, writers are held back. */
const LONGEST_QUEUE = fromMs(10);
/** What is sent all the same is lost when it would wait for longer than this. */
const LOST_BEYOND = fromMs(200);

/** Decides by a seed what becomes of each datagram: when its copies leave. */
export class Fate {
  private state: number;
  private busyUntil = micros(0);

  constructor(private readonly troubles: Troubles) {
    this.state = troubles.seed >>> 0;
  }

  /** Times at which copies leave; none = lost. */
  decide(length: number, now: Micros): Micros[] {
    const { loss, duplicate } = this.troubles;
    if (this.chance(loss)) return [];
    const copies = this.chance(duplicate) ? 2 : 1;
    return Array.from({ length: copies }, () => this.departure(length, now)).filter((at) => at !== null);
  }

  private departure(length: number, now: Micros): Micros | null {
    const turn = this.turn(length, now);
    if (turn === null) return null;
    const { delay_ms, jitter_ms, reorder } = this.troubles;
    const late = this.chance(reorder) ? REORDER_DELAY : 0;
    return micros(turn + fromMs(delay_ms + jitter_ms * this.fraction()) + late);
  }

  /** From when on the shaped line holds no more than it should; 0 = now. */
  roomAt(now: Micros): Micros | 0 {
    const at = this.busyUntil - LONGEST_QUEUE;
    return at > now ? micros(at) : 0;
  }

  /** When the shaped line has sent it. */
  private turn(length: number, now: Micros): Micros | null {
    const { rate_kbps } = this.troubles;
    if (rate_kbps === 0) return now;
    const start = Math.max(now, this.busyUntil);
    if (start - now > LOST_BEYOND) return null;
    this.busyUntil = micros(start + (length * 8000) / rate_kbps);
    return this.busyUntil;
  }

  private chance(percent: number): boolean {
    return percent > 0 && this.fraction() * 100 < percent;
  }

  /** mulberry32: a small generator whose course follows from the seed; not for secrets. */
  private fraction(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
}
