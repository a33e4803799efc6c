import { NEVER, type Micros } from '@ouroboros/model';
import { CollectingSink, type Machine } from './machine.js';

/** What a driver needs of a clock; `Clock` of @ouroboros/ports satisfies it. */
export interface DriverClock {
  now(): Micros;
  /** Calls back once at or after `at`; the result cancels. */
  at(at: Micros, callback: () => void): () => void;
}

/**
 * Joins one machine to a clock and to the code that acts on its outputs. Inputs that an output causes while outputs
 * are being acted on are queued behind them, so a machine is never entered twice.
 */
export class MachineDriver<In, Out> {
  private readonly sink = new CollectingSink<Out>();
  private readonly pending: In[] = [];
  private running = false;
  private cancelTimer: (() => void) | undefined;
  private armedFor: Micros = NEVER;
  private stopped = false;

  constructor(
    private readonly machine: Machine<In, Out>,
    private readonly clock: DriverClock,
    private readonly act: (output: Out) => void,
  ) {}

  input(input: In): void {
    if (this.stopped) return;
    this.pending.push(input);
    this.run();
  }

  /** Arms the timer of a machine that has a deadline before its first input. */
  start(): void {
    this.arm();
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
    this.cancelTimer = undefined;
  }

  private run(wake = false): void {
    if (this.running) return;
    this.running = true;
    try {
      if (wake) {
        this.machine.wake(this.clock.now(), this.sink);
        this.actOnOutputs();
      }
      for (let next = this.pending.shift(); next !== undefined; next = this.pending.shift()) {
        this.machine.handle(next, this.clock.now(), this.sink);
        this.actOnOutputs();
      }
    } finally {
      this.running = false;
    }
    this.arm();
  }

  private actOnOutputs(): void {
    for (const output of this.sink.take()) this.act(output);
  }

  private arm(): void {
    const deadline = this.machine.deadline;
    if (this.stopped || (deadline === this.armedFor && this.cancelTimer)) return;
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.armedFor = deadline;
    if (deadline === NEVER) return;
    this.cancelTimer = this.clock.at(deadline, () => {
      this.cancelTimer = undefined;
      this.run(true);
    });
  }
}
