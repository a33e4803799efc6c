import type { Machine, Sink } from '@ouroboros/machine';
import { NEVER, fromMs, micros, type Micros } from '@ouroboros/model';

/**
 * Liveness of a data-transfer neighbour of ours. The peer time-out of the flow itself is 120 s, as C has it; two members that
 * announced a shorter limit in their OCEP messages watch each other more closely, with the empty packets that every
 * flow has as keep-alives. The flow stays when the neighbour falls silent, so that it is back with its first packet.
 *
 * States: heard ↔ silent. It looks at the flow's counters, so packets cost nothing here. Links of one member with the same limit look
 * at the same times: a process that is at rest wakes once for all of them, and so does the one that gets their probes.
 */
export type LivenessOutput = 'probe' | 'silent' | 'heard';

/** Looks and probes so often per limit; silence is noticed at most one step late. */
const STEPS = 5;
/** A neighbour that lives is heard in each step. */
const QUIET_STEPS = 3;

export class Liveness implements Machine<never, LivenessOutput> {
  deadline: Micros;
  private readonly step: Micros;
  private lastReceived: number;
  private lastSent: number;
  private heardAt: Micros;
  private silent = false;

  /** `limitMs`: 0 = never silent. `received` and `sent` count packets, empty ones included. */
  constructor(
    private readonly limitMs: number,
    private readonly received: () => number,
    private readonly sent: () => number,
    now: Micros,
  ) {
    this.step = micros(fromMs(limitMs) / STEPS);
    this.deadline = limitMs > 0 ? this.nextLook(now) : NEVER;
    this.lastReceived = received();
    this.lastSent = sent();
    this.heardAt = now;
  }

  /** Nothing was heard for some steps, though the limit has not passed. */
  isQuiet(now: Micros): boolean {
    return this.received() === this.lastReceived && now - this.heardAt >= QUIET_STEPS * this.step && this.limitMs > 0;
  }

  /**
   * How long nothing was heard: up to one step too little. Of a neighbour that is not watched: since this was asked for
   * the first time after the last packet.
   */
  silentFor(now: Micros): Micros {
    const received = this.received();
    if (received !== this.lastReceived && this.limitMs > 0) return micros(0);
    if (received !== this.lastReceived) this.heardAt = now;
    this.lastReceived = received;
    return micros(now - this.heardAt);
  }

  /** Nothing but time concerns it. */
  handle(): void {
    throw new Error('Liveness takes no input');
  }

  wake(now: Micros, out: Sink<LivenessOutput>): void {
    if (now < this.deadline) return;
    this.deadline = this.nextLook(now);
    if (this.sent() === this.lastSent) out.emit('probe');
    this.lastSent = this.sent();
    const received = this.received();
    if (received !== this.lastReceived) {
      this.lastReceived = received;
      this.heardAt = now;
      if (this.silent) out.emit('heard');
      this.silent = false;
    } else if (!this.silent && now - this.heardAt >= fromMs(this.limitMs)) {
      this.silent = true;
      out.emit('silent');
    }
  }

  private nextLook(now: Micros): Micros {
    return micros((Math.floor(now / this.step) + 1) * this.step);
  }
}
