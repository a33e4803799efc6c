import { OuroborosError, type Micros } from '@ouroboros/model';
import type { CancelSignal, Clock } from '@ouroboros/ports';

/** How long a call may wait. */
export interface WaitOptions {
  /** Milliseconds until ETIMEDOUT; 0 = only what can be done at once, Infinity = no limit. */
  readonly timeoutMs?: number;
  /** When it aborts, the call rejects with its reason and has had no effect. */
  readonly signal?: CancelSignal;
}

interface Waiter {
  /** Tries; true when the call was settled. */
  attempt(): boolean;
}

/** Calls that wait for the same thing, served in the order in which they came. */
export class WaitQueue {
  private readonly waiters: Waiter[] = [];

  /** `interest` is called with true when the first call begins to wait and with false when none waits any more. */
  constructor(
    private readonly clock: Clock,
    private readonly interest: (waiting: boolean) => void,
  ) {}

  /** How many calls wait. */
  get length(): number {
    return this.waiters.length;
  }

  /** Resolves with what `attempt` gives once that is not undefined; rejects with what it throws. ETIMEDOUT, EINVAL. */
  wait<T>(attempt: () => T | undefined, options: WaitOptions): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timeoutMs = checkTimeout(options.timeoutMs);
      if (options.signal?.aborted) return reject(options.signal.reason as Error);
      const atOnce = this.waiters.length === 0 ? attempt() : undefined;
      if (atOnce !== undefined) return resolve(atOnce);
      if (timeoutMs === 0) return reject(timedOut(0));
      this.enqueue(attempt, timeoutMs, options.signal, resolve, reject);
    });
  }

  /** What they wait for may be there: serves as many calls as it can. */
  poke(): void {
    for (let first = this.waiters[0]; first?.attempt(); first = this.waiters[0]);
  }

  private enqueue<T>(
    attempt: () => T | undefined,
    timeoutMs: number,
    signal: CancelSignal | undefined,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ): void {
    const leave = (): void => {
      cancelTimer?.();
      signal?.removeEventListener('abort', onAbort);
      this.remove(waiter);
    };
    const fail = (reason: unknown): void => {
      leave();
      reject(reason);
    };
    const onAbort = (): void => fail(signal?.reason);
    const waiter: Waiter = {
      attempt: () => {
        try {
          const value = attempt();
          if (value === undefined) return false;
          leave();
          resolve(value);
        } catch (thrown) {
          fail(thrown);
        }
        return true;
      },
    };
    const cancelTimer =
      timeoutMs === Infinity
        ? undefined
        : this.clock.at((this.clock.now() + timeoutMs * 1000) as Micros, () => fail(timedOut(timeoutMs)));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.waiters.push(waiter);
    if (this.waiters.length === 1) this.interest(true);
  }

  private remove(waiter: Waiter): void {
    this.waiters.splice(this.waiters.indexOf(waiter), 1);
    if (this.waiters.length === 0) this.interest(false);
  }
}

/** The limit in ms, Infinity when there is none. EINVAL for what is no time. */
export function checkTimeout(timeoutMs: number | null | undefined): number {
  if (timeoutMs === null || timeoutMs === undefined) return Infinity;
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return timeoutMs;
  throw new OuroborosError('EINVAL', 'timeoutMs must be 0 or more milliseconds', { field: 'timeoutMs' });
}

const timedOut = (timeoutMs: number): OuroborosError =>
  new OuroborosError('ETIMEDOUT', `nothing within ${timeoutMs} ms`);
