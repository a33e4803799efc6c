import type { Machine, Sink } from '@ouroboros/machine';
import { NEVER, fromMs, fromSeconds, micros, type Micros } from '@ouroboros/model';

/**
 * Liveness of a neighbour of ours. The peer time-out of the flow itself is 120 s, as C has it; two members that announced a
 * shorter limit in their OCEP messages watch each other more closely, with the empty packets that every flow has as
 * keep-alives. The flow stays when the neighbour falls silent, so that it is back with its first packet.
 *
 * States: heard ↔ silent; and, where both ends agreed, busy ↔ resting. A link that has carried nothing for some seconds
 * is watched with a longer limit, and soon afterwards probed more rarely: it costs next to nothing.
 *
 * It looks at the flow's counters, so packets cost nothing here. Links of one member with the same limit look at the same
 * times: a process that is at rest wakes once for all of them, and so does the one that gets their probes.
 */
export type LivenessOutput = 'probe' | 'silent' | 'heard';

/** Looks and probes so often per limit; silence is noticed at most one step late. */
const STEPS = 5;
/** Two probes of a busy link that were lost, or one of a link at rest that is a little late. */
const STEPS_WHEN_BUSY = 3;
const LATE_STEPS = 0.5;
/** A link rests after carrying nothing for so long. */
const REST_AFTER = fromSeconds(3);
/** The neighbour, which may count otherwise, has its longer limit by then. */
const PROBES_REST_AFTER = fromSeconds(4);

/** Packets of a link so far. */
export interface LinkCounts {
  /** Empty ones included. */
  received(): number;
  sent(): number;
  /** Sent and received; those that count as traffic. */
  carried(): number;
}

export class Liveness implements Machine<never, LivenessOutput> {
  deadline: Micros;
  private readonly step: Micros;
  private lastReceived: number;
  private lastSent: number;
  private lastCarried: number;
  private heardAt: Micros;
  private idleSince: Micros;
  private silent = false;

  /** `limitMs`: 0 = never silent. `rest`: limit and steps of a link at rest are so many times as long; 1: it never rests. */
  constructor(
    private readonly limitMs: number,
    private readonly rest: number,
    private readonly counts: LinkCounts,
    now: Micros,
  ) {
    this.step = micros(fromMs(limitMs) / STEPS);
    this.lastReceived = counts.received();
    this.lastSent = counts.sent();
    this.lastCarried = counts.carried();
    this.heardAt = now;
    this.idleSince = now;
    this.deadline = limitMs > 0 ? this.nextLook(now) : NEVER;
  }

  /** So long after a packet of a neighbour that lives there is another one. */
  probesWithin(now: Micros): Micros {
    const steps = this.isIdle(now, REST_AFTER) ? this.rest + LATE_STEPS : STEPS_WHEN_BUSY;
    return micros(steps * this.step);
  }

  /** Nothing but time concerns it. */
  handle(): void {
    throw new Error('Liveness takes no input');
  }

  wake(now: Micros, out: Sink<LivenessOutput>): void {
    if (now < this.deadline) return;
    this.noteTraffic(now);
    this.deadline = this.nextLook(now);
    if (this.counts.sent() === this.lastSent) out.emit('probe');
    this.lastSent = this.counts.sent();
    const received = this.counts.received();
    if (received !== this.lastReceived) {
      this.lastReceived = received;
      this.heardAt = micros(Math.max(now, this.heardAt));
      if (this.silent) out.emit('heard');
      this.silent = false;
    } else if (!this.silent && now - this.heardAt >= this.limitAt(now)) {
      this.silent = true;
      out.emit('silent');
    }
  }

  /** The neighbour may notice a step of its rest later that the link rests no more; one that is silent anyway gains nothing by it. */
  private noteTraffic(now: Micros): void {
    const carried = this.counts.carried();
    if (carried === this.lastCarried) return;
    this.lastCarried = carried;
    if (this.isIdle(now, REST_AFTER)) {
      const silentAt = this.heardAt + this.limitAt(now);
      this.heardAt = micros(Math.min(now + this.rest * this.step, silentAt - fromMs(this.limitMs)));
    }
    this.idleSince = now;
  }

  private limitAt(now: Micros): Micros {
    const limit = fromMs(this.limitMs);
    return this.isIdle(now, REST_AFTER) ? micros(this.rest * limit) : limit;
  }

  private nextLook(now: Micros): Micros {
    const step = this.isIdle(now, PROBES_REST_AFTER) ? this.rest * this.step : this.step;
    return micros((Math.floor(now / step) + 1) * step);
  }

  private isIdle(now: Micros, forSoLong: Micros): boolean {
    return this.rest > 1 && now - this.idleSince >= forSoLong;
  }
}
