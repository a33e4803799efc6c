import type { Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';

interface Departure {
  readonly at: Micros;
  readonly leave: () => void;
}

/** What leaves later, in the order of its times: a timer each would let those of one millisecond overtake each other. */
export class Departures {
  private readonly queue: Departure[] = [];
  private cancelTimer: () => void = () => undefined;

  constructor(private readonly clock: Clock) {}

  get waiting(): number {
    return this.queue.length;
  }

  add(at: Micros, leave: () => void): void {
    let place = this.queue.length;
    while (place > 0 && this.queue[place - 1]!.at > at) place -= 1;
    this.queue.splice(place, 0, { at, leave });
    if (place === 0) this.awaitFirst();
  }

  cancel(): void {
    this.queue.length = 0;
    this.cancelTimer();
  }

  private awaitFirst(): void {
    this.cancelTimer();
    const first = this.queue[0];
    if (first) this.cancelTimer = this.clock.at(first.at, () => this.leave());
  }

  private leave(): void {
    const now = this.clock.now();
    while (this.queue[0] && this.queue[0].at <= now) this.queue.shift()!.leave();
    this.awaitFirst();
  }
}
