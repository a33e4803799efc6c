import { NEVER, type Micros } from '@ouroboros/model';

export interface Timer {
  readonly at: Micros;
  readonly run: () => void;
  readonly order: number;
  /** Place in the heap, −1 when it has fired or was cancelled. */
  slot: number;
}

/** Any number of timers, in a binary heap; those of the same time fire in the order in which they were set. */
export class TimerHeap {
  private readonly heap: Timer[] = [];
  private lastOrder = 0;

  get size(): number {
    return this.heap.length;
  }

  get deadline(): Micros {
    return this.heap[0]?.at ?? NEVER;
  }

  set(at: Micros, run: () => void): Timer {
    this.lastOrder += 1;
    const timer: Timer = { at, run, order: this.lastOrder, slot: this.heap.length };
    this.heap.push(timer);
    this.up(timer);
    return timer;
  }

  /** Harmless for a timer that has fired. */
  cancel(timer: Timer | null | undefined): void {
    if (!timer || timer.slot < 0) return;
    const last = this.heap.pop()!;
    if (last !== timer) {
      this.place(last, timer.slot);
      this.up(last);
      this.down(last);
    }
    timer.slot = -1;
  }

  /** Takes the earliest timer that is due. */
  takeDue(now: Micros): Timer | undefined {
    const first = this.heap[0];
    if (!first || first.at > now) return undefined;
    this.cancel(first);
    return first;
  }

  private place(timer: Timer, slot: number): void {
    this.heap[slot] = timer;
    timer.slot = slot;
  }

  private up(timer: Timer): void {
    while (timer.slot > 0) {
      const parent = this.heap[(timer.slot - 1) >> 1]!;
      if (before(parent, timer)) return;
      this.swap(parent, timer);
    }
  }

  private down(timer: Timer): void {
    for (;;) {
      const left = this.heap[2 * timer.slot + 1];
      const right = this.heap[2 * timer.slot + 2];
      const child = left && right && before(right, left) ? right : left;
      if (!child || before(timer, child)) return;
      this.swap(timer, child);
    }
  }

  private swap(a: Timer, b: Timer): void {
    const slot = a.slot;
    this.place(a, b.slot);
    this.place(b, slot);
  }
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
