import { NEVER, type Micros } from '@ouroboros/model';

/** Named timers of one machine: set, stop, ask which are due. The next deadline is the smallest. */
export class TimerTable<Kind extends string> {
  private readonly times = new Map<Kind, Micros>();

  set(kind: Kind, at: Micros): void {
    this.times.set(kind, at);
  }

  stop(kind: Kind): void {
    this.times.delete(kind);
  }

  get(kind: Kind): Micros {
    return this.times.get(kind) ?? NEVER;
  }

  get deadline(): Micros {
    let earliest = NEVER;
    for (const at of this.times.values()) if (at < earliest) earliest = at;
    return earliest;
  }

  /** Stops and returns one timer that is due (earliest first), or undefined. */
  takeDue(now: Micros): Kind | undefined {
    let due: Kind | undefined;
    for (const [kind, at] of this.times) if (at <= now && (due === undefined || at < this.get(due))) due = kind;
    if (due !== undefined) this.times.delete(due);
    return due;
  }
}
