import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

/** Lets the event loop go round once. */
export { turn };

/** Packets that may be sent without a turn of the event loop in between. */
const BURST = 64;
/** A sender that is late by up to this many ms catches up; what it is later is not made up for. */
const MAX_LAG_MS = 5;

/**
 * Says when the next packet is due: one interval after the one before. Intervals below the 1 ms of timers are kept on
 * average, by turns of the event loop.
 */
export class Pacer {
  private due: number;
  private burst = 0;

  constructor(
    private readonly intervalMs: number,
    private readonly now: () => number,
  ) {
    this.due = now();
  }

  /** Resolves when the next packet is due; rejects when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    this.due = Math.max(this.due + this.intervalMs, this.now() - MAX_LAG_MS);
    for (let left = this.due - this.now(); left > 0; left = this.due - this.now()) {
      this.burst = 0;
      if (this.intervalMs >= 1) await pause(Math.ceil(left), undefined, { signal });
      else await turn(undefined, { signal });
    }
    this.burst = (this.burst + 1) % BURST;
    if (this.burst === 0) await turn(undefined, { signal });
  }
}
