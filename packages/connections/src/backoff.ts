import { fromMs, micros, type Micros } from '@ouroboros/model';

const FIRST_MS = 100;
const LONGEST_MS = 1500;

/** From the beginning of one try to that of the next: doubling from 100 ms up to 1.5 s, however long the try takes. */
export class Backoff {
  private pauseMs = FIRST_MS;

  /** When to try again after a try that begins now. */
  after(now: Micros): Micros {
    const at = micros(now + fromMs(this.pauseMs));
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_MS);
    return at;
  }
}
