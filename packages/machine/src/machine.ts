import type { Micros } from '@ouroboros/model';

/** Where a machine puts its outputs. The caller owns it, reuses it, and acts on each output before the next input. */
export interface Sink<Out> {
  emit(output: Out): void;
}

/**
 * The contract of every state machine of this project. A machine owns no socket, timer, clock, random source or logger;
 * inputs come with the time, outputs are values, and nothing that a peer can cause makes it throw.
 */
export interface Machine<In, Out> {
  handle(input: In, now: Micros, out: Sink<Out>): void;
  /** When the machine next wants `wake`, or NEVER. Read it again after each `handle` and `wake`. */
  readonly deadline: Micros;
  /** Called when `deadline` has passed; harmless when called early. */
  wake(now: Micros, out: Sink<Out>): void;
}

/** A sink that keeps outputs in order; `take` empties it. For drivers and specs. */
export class CollectingSink<Out> implements Sink<Out> {
  private outputs: Out[] = [];

  emit(output: Out): void {
    this.outputs.push(output);
  }

  take(): Out[] {
    const taken = this.outputs;
    this.outputs = [];
    return taken;
  }
}
