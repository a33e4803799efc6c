import { NEVER, fromMs, type Micros } from '@ouroboros/model';
import type { TargetView } from './events.js';

/** Before the first repetition; the time doubles up to the longest. */
const FIRST_MS = 100;
const LONGEST_MS = 10_000;

interface Target {
  state: TargetView['state'];
  dialAt: Micros;
  backoffMs: number;
  why: string;
  /** The member that was found there, while it is linked. */
  member: string | null;
}

/** The places that this member dials, and when it does so again. */
export class Targets {
  private readonly targets = new Map<string, Target>();

  get deadline(): Micros {
    let earliest = NEVER;
    for (const { dialAt } of this.targets.values()) if (dialAt < earliest) earliest = dialAt;
    return earliest;
  }

  views(): TargetView[] {
    return [...this.targets].map(([target, { state, why }]) => ({ target, state, why }));
  }

  add(target: string, now: Micros): void {
    this.targets.set(target, { state: 'waiting', dialAt: now, backoffMs: FIRST_MS, why: '', member: null });
  }

  clear(): void {
    this.targets.clear();
  }

  /** What is to be dialed now. */
  takeDue(now: Micros): string[] {
    const due = [...this.targets].filter(([, { dialAt }]) => dialAt <= now);
    for (const [, target] of due) {
      target.dialAt = NEVER;
      target.state = 'dialing';
    }
    return due.map(([name]) => name);
  }

  greeting(name: string): void {
    const target = this.targets.get(name);
    if (target) target.state = 'greeting';
  }

  /** The member there is linked, over this connection or another one. */
  up(name: string, member: string): void {
    const target = this.targets.get(name);
    if (target) Object.assign(target, { state: 'up', member, backoffMs: FIRST_MS, why: '', dialAt: NEVER });
  }

  failed(name: string, why: string, now: Micros): void {
    const target = this.targets.get(name);
    if (!target) return;
    wait(target, why, target.backoffMs, now);
    target.backoffMs = Math.min(2 * target.backoffMs, LONGEST_MS);
  }

  /** There is no use in trying soon. */
  refused(name: string, why: string, now: Micros): void {
    const target = this.targets.get(name);
    if (target) wait(target, why, LONGEST_MS, now);
  }

  /** The link with this member has no connection any more: all places where it was found are dialed. */
  release(member: string, now: Micros): void {
    for (const target of this.targets.values()) {
      if (target.member === member) wait(target, 'the connection was lost', FIRST_MS, now);
    }
  }
}

function wait(target: Target, why: string, ms: number, now: Micros): void {
  const dialAt = (now + fromMs(ms)) as Micros;
  Object.assign(target, { state: 'waiting', why, dialAt, member: null });
}
