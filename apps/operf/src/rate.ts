import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

/** Lets the event loop go round once. */
export { turn };

/** Packets that may be sent without a turn of the event loop in between. */
const BURST = 64;
/** A sender that is late by up to this many ms catches up; what it is later is not made up for. */
const MAX_LAG_MS = 5;
/** As MAX_LAG_MS, where timers are late by design. */
const MAX_SLEEP_LAG_MS = 50;

/** Says when the next packet is due at a bit rate. */
export class RatePacer {
  private readonly gapMs: number;
  private readonly lagMs: number;
  private due: number;
  private burst = 0;

  /** @param rate bits per second; Infinity = no gap */
  constructor(
    rate: number,
    size: number,
    private readonly sleep: boolean,
    private readonly now: () => number,
  ) {
    this.gapMs = (size * 8000) / rate;
    this.lagMs = sleep ? MAX_SLEEP_LAG_MS : MAX_LAG_MS;
    this.due = now();
  }

  /** Resolves when the next packet is due; the first is so at once. Rejects when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    for (let left = this.due - this.now(); left > 0; left = this.due - this.now()) {
      this.burst = 0;
      // A long gap is slept through in any case, but for its last 2 ms: timers are late.
      if (this.sleep || left > 3) await pause(this.sleep ? left : left - 2, undefined, { signal });
      else await turn(undefined, { signal });
    }
    this.burst = (this.burst + 1) % BURST;
    if (this.burst === 0) await turn(undefined, { signal });
    this.due = Math.max(this.due + this.gapMs, this.now() - this.lagMs);
  }
}
