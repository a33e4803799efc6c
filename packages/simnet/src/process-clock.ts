import type { Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';

/** The clock of one simulated process: when the process is gone its timers are, too. */
export class ProcessClock implements Clock {
  private stopped = false;

  constructor(private readonly clock: Clock) {}

  now(): Micros {
    return this.clock.now();
  }

  wallNanos(): bigint {
    return this.clock.wallNanos();
  }

  at(at: Micros, callback: () => void): () => void {
    return this.clock.at(at, () => {
      if (!this.stopped) callback();
    });
  }

  stop(): void {
    this.stopped = true;
  }
}
