import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

/** Lets the event loop go round once. */
export { turn };

export interface PacerOptions {
  /** The first packet is due after so many ms. Default: at once. */
  readonly firstMs?: number;
  /** Wait in timers, which are late by up to 1 ms or more; else in turns of the event loop, at least for the last 2 ms. */
  readonly sleep: boolean;
  /** A sender that is late by up to this many ms catches up; what it is later is not made up for. Default: 5. */
  readonly lagMs?: number;
}

/** Packets that may be sent without a turn of the event loop in between. */
const BURST = 64;
const LAG_MS = 5;

/** Says when the next packet is due: one gap after the one before; on average, when gaps are shorter than timers can be. */
export class Pacer {
  private readonly sleep: boolean;
  private readonly lagMs: number;
  private due: number;
  private burst = 0;

  /** @param now a clock in ms */
  constructor(
    private readonly gapMs: number,
    options: PacerOptions,
    private readonly now: () => number,
  ) {
    const { firstMs = 0, sleep, lagMs = LAG_MS } = options;
    this.sleep = sleep;
    this.lagMs = lagMs;
    this.due = now() + firstMs;
  }

  /** Resolves when the next packet is due; rejects when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    this.due = Math.max(this.due, this.now() - this.lagMs);
    for (let left = this.due - this.now(); left > 0; left = this.due - this.now()) {
      this.burst = 0;
      if (this.sleep) await pause(Math.ceil(left), undefined, { signal });
      // A long gap is slept through in any case, but for its last 2 ms: timers are late.
      else if (left > 3) await pause(left - 2, undefined, { signal });
      else await turn(undefined, { signal });
    }
    this.burst = (this.burst + 1) % BURST;
    if (this.burst === 0) await turn(undefined, { signal });
    this.due += this.gapMs;
  }
}
