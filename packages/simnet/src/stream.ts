import { OuroborosError, micros, toOuroborosError } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';

/** Virtual time that a message between two processes of one host takes, in µs. */
const HOP = 20;

export type Side = 'process' | 'daemon';

/** One side's view of the end: its calls that wait, and who wants to know. */
interface Ear {
  readonly waiting: Set<(error: OuroborosError) => void>;
  readonly closers: (() => void)[];
}

/**
 * The stream between a process and its IRM daemon. Messages arrive in the order in which they were sent, also those that
 * were sent just before one side died; then the other side learns of the death, and its calls that wait fail.
 */
export class Stream {
  private open = true;
  private readonly ears: Readonly<Record<Side, Ear>> = {
    process: { waiting: new Set(), closers: [] },
    daemon: { waiting: new Set(), closers: [] },
  };
  private dead: Side | null = null;

  constructor(private readonly clock: Clock) {}

  get isOpen(): boolean {
    return this.open;
  }

  /** Called once at `side` when the other side has died. */
  onClose(side: Side, closed: () => void): void {
    this.ears[side].closers.push(closed);
  }

  /** A message: `deliver` runs at the side `to`, a hop later. */
  send(to: Side, deliver: () => void): void {
    if (!this.open) return;
    this.clock.at(micros(this.clock.now() + HOP), () => {
      if (this.dead !== to) deliver();
    });
  }

  /** A call: `invoke` runs at the side `to`, its result comes back. EIRMD when the stream breaks before. */
  call<T>(to: Side, invoke: () => Promise<T>): Promise<T> {
    if (!this.open) return Promise.reject(broken());
    const from = other(to);
    const { waiting } = this.ears[from];
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void =>
        this.send(from, () => {
          if (waiting.delete(reject)) act();
        });
      waiting.add(reject);
      this.send(to, () => {
        invoke().then(
          (value) => settle(() => resolve(value)),
          (thrown: unknown) => settle(() => reject(toOuroborosError(thrown))),
        );
      });
    });
  }

  /** A side died. What it waits for never comes; the other side hears of it a hop later. */
  end(side: Side): void {
    if (!this.open) return;
    this.open = false;
    this.dead = side;
    const { waiting, closers } = this.ears[other(side)];
    this.clock.at(micros(this.clock.now() + HOP), () => {
      for (const reject of waiting) reject(broken());
      waiting.clear();
      for (const closed of closers) closed();
    });
  }
}

const other = (side: Side): Side => (side === 'process' ? 'daemon' : 'process');
const broken = (): OuroborosError => new OuroborosError('EIRMD', 'the stream to the IRM daemon broke');
