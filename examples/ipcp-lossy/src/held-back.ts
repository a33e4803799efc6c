import { fromMs, micros, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';

/** One that was resumed has written, or has nothing to write, when so much has passed. */
const TURN = fromMs(1);

/**
 * Writers that wait for room on a line. They are resumed one at a time: were all resumed together, the first would take the
 * room of one packet each time, and the others none.
 */
export class HeldBack {
  private readonly writers = new Set<() => void>();
  private cancelTimer: (() => void) | null = null;

  constructor(
    /** When there is room; 0 = now. */
    private readonly roomAt: (now: Micros) => Micros | 0,
    private readonly clock: Clock,
  ) {}

  /** False: there is room now; true: `resume` is called when it is the writer's turn. */
  awaitRoom(resume: () => void): boolean {
    const at = this.roomAt(this.clock.now());
    if (at === 0) return false;
    this.writers.add(resume);
    if (this.cancelTimer === null) this.nextAt(at);
    return true;
  }

  cancel(): void {
    this.writers.clear();
    this.cancelTimer?.();
  }

  private nextAt(at: Micros): void {
    this.cancelTimer = this.clock.at(at, () => this.resumeNext());
  }

  private resumeNext(): void {
    this.cancelTimer = null;
    const now = this.clock.now();
    const at = this.roomAt(now);
    if (at !== 0) return this.nextAt(at);
    const [next] = this.writers;
    this.writers.delete(next!);
    if (this.writers.size > 0) this.nextAt(micros(now + TURN));
    next!();
  }
}
