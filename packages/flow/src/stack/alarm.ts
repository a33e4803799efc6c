import { NEVER, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';

/**
 * Wakes a machine at its deadline. A deadline that moves back costs nothing: the alarm then comes too early once, which
 * a machine does not mind, and is set anew.
 */
export class Alarm {
  private cancel: (() => void) | null = null;
  private setFor: Micros = NEVER;
  private stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly ring: () => void,
  ) {}

  /** To be called with the deadline after each call of the machine. */
  set(deadline: Micros): void {
    if (deadline >= this.setFor || this.stopped) return;
    this.cancel?.();
    this.setFor = deadline;
    this.cancel = this.clock.at(deadline, () => {
      this.cancel = null;
      this.setFor = NEVER;
      this.ring();
    });
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
    this.cancel = null;
  }
}
