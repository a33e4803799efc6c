import type { RingFlowEnd } from './ring-flow-end.js';

/**
 * Gives each flow end of a host its turn. A turn publishes what was written since the last one, asks the connections
 * for news, then calls every end that has something once: no end is called twice before all others were called.
 *
 * Turns are `setImmediate` callbacks, and one is only due while something is to be done or a connection still spins.
 */
export class TurnLoop {
  private ready: RingFlowEnd[] = [];
  private serving: RingFlowEnd[] = [];
  private dirty: RingFlowEnd[] = [];
  private publishing: RingFlowEnd[] = [];
  private due: NodeJS.Immediate | null = null;
  /** A turn is under way. */
  running = false;
  private readonly turn = (): void => {
    this.due = null;
    this.run();
  };

  /**
   * `poll` takes news from all connections, and may wait for some a little when the turn is `idle`; it answers whether it
   * wants to be called again in the next turn.
   */
  constructor(
    private readonly poll: (idle: boolean) => boolean,
    private readonly afterTurn: () => void = () => undefined,
  ) {}

  /** The end has written something that must be published in this turn. */
  addDirty(end: RingFlowEnd): void {
    this.dirty.push(end);
    this.schedule();
  }

  /** The end wants to be served in the next turn. Call once until it is served. */
  addReady(end: RingFlowEnd): void {
    this.ready.push(end);
    this.schedule();
  }

  schedule(): void {
    if (this.due === null && !this.running) this.due = setImmediate(this.turn);
  }

  /** A turn now. */
  run(): void {
    if (this.running) return;
    this.running = true;
    this.publish();
    const again = this.poll(this.ready.length === 0);
    this.serve();
    this.publish();
    this.afterTurn();
    this.running = false;
    if (again || this.ready.length > 0 || this.dirty.length > 0) this.schedule();
  }

  private serve(): void {
    const ends = this.ready;
    this.ready = this.serving;
    this.serving = ends;
    for (let i = 0; i < ends.length; i++) ends[i]!.serve();
    ends.length = 0;
  }

  private publish(): void {
    const ends = this.dirty;
    this.dirty = this.publishing;
    this.publishing = ends;
    for (let i = 0; i < ends.length; i++) ends[i]!.publishTurn();
    ends.length = 0;
  }
}

/** Runs a callback of the user; what it throws becomes an uncaught exception, and other flows go on. */
export function callUser(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
