import type { RingFlowEnd } from './ring-flow-end.js';

/**
 * The flows of a host that were closed before their other side came: it still is to read what was written, so each is
 * kept until it was fetched, and no longer than `keepMs`.
 */
export class Unfetched {
  private readonly timers = new Map<RingFlowEnd, NodeJS.Timeout>();
  private waiting: (() => void)[] = [];

  constructor(private readonly keepMs: number) {}

  keep(end: RingFlowEnd): void {
    this.timers.set(
      end,
      setTimeout(() => end.free(), this.keepMs),
    );
  }

  /** Fetched, or freed. */
  delete(end: RingFlowEnd): void {
    clearTimeout(this.timers.get(end));
    this.timers.delete(end);
    if (this.timers.size > 0) return;
    const { waiting } = this;
    this.waiting = [];
    for (const done of waiting) done();
  }

  /** Resolves when none is left. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.timers.size === 0) resolve();
      else this.waiting.push(resolve);
    });
  }
}
