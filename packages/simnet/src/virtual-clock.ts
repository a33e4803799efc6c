import { micros, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';

interface Event {
  readonly at: Micros;
  /** Order of scheduling: events of one instant happen in the order in which they were scheduled. */
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Lets promises that are ready go on; handed in by the spec, since only the platform has such a thing. */
export type Settle = () => Promise<void>;

/**
 * The clock of a simulation: time stands still while code runs and jumps to the next event afterwards. Promises settle
 * between any two events, as between two turns of an event loop, so that a run is repeated exactly by the same seed.
 */
export class VirtualClock implements Clock {
  private time = 0;
  private order = 0;
  private readonly heap: Event[] = [];
  /** Events that happened; a measure of work. */
  events = 0;

  constructor(
    private readonly settle: Settle,
    private readonly epochNanos = 1_800_000_000_000_000_000n,
  ) {}

  now(): Micros {
    return micros(this.time);
  }

  wallNanos(): bigint {
    return this.epochNanos + BigInt(Math.round(this.time)) * 1000n;
  }

  at(at: Micros, callback: () => void): () => void {
    if (!Number.isFinite(at)) throw new Error('a timer needs a finite time');
    const event: Event = { at: micros(Math.max(at, this.time)), order: (this.order += 1), callback, cancelled: false };
    this.insert(event);
    return () => (event.cancelled = true);
  }

  /** As soon as the code that runs now is through. */
  schedule(callback: () => void): void {
    this.at(this.now(), callback);
  }

  /** Runs all events up to and including the time `until`; the clock then shows it. */
  async runUntil(until: Micros): Promise<void> {
    await this.settle();
    for (let next = this.heap[0]; next !== undefined && next.at <= until; next = this.heap[0]) {
      this.remove();
      if (next.cancelled) continue;
      this.time = next.at;
      this.events += 1;
      next.callback();
      await this.settle();
    }
    this.time = until;
  }

  async run(forMicros: Micros): Promise<void> {
    await this.runUntil(micros(this.time + forMicros));
  }

  /** Runs until `promise` settles, for at most `limit` of virtual time. */
  async resolve<T>(promise: Promise<T>, limit: Micros): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    const end = this.time + limit;
    await this.settle();
    while (!settled) {
      const next = this.heap[0];
      if (!next || next.at > end) throw new Error(`nothing settled within ${limit / 1000} ms of virtual time`);
      await this.runUntil(next.at);
      await this.settle();
    }
    return promise;
  }

  private insert(event: Event): void {
    const { heap } = this;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  private remove(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}
