import { fromMs, micros, type Micros } from '@ouroboros/model';

/** Waiting times between tries: doubling from 100 ms up to 5 s. */
export class Backoff {
  private next = 100;

  take(): Micros {
    const delay = this.next;
    this.next = Math.min(this.next * 2, 5000);
    return micros(fromMs(delay));
  }
}
