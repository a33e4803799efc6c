import { NEVER, fromMs, fromSeconds, micros, type Address, type Micros, type QosCube } from '@ouroboros/model';

/** The end of a flow is told again after these times, as nothing acknowledges it. */
const REPEATS = [fromMs(100), fromMs(300)];
/** Repetitions wait for each other so long, to leave together. */
const TOGETHER = fromMs(20);
/** By then the peer time-out of a raw flow has ended it at the other side. [spec/architecture.md §8.2] */
const WORTH_TELLING = fromSeconds(120);
const MAX_PARKED = 4096;

export interface Farewell {
  readonly to: Address;
  readonly bytes: Uint8Array;
  /** That of the flow's packets, so that it does not overtake them. */
  readonly cube: QosCube;
}

/** Gets a message that is to be sent now. */
export type FarewellSender = (farewell: Farewell) => void;

/**
 * Messages that tell other members of the ends of flows. One that finds no way is parked until there is a way again: the
 * other member may have known nothing of the trouble, and would hold its half of the flow for long.
 */
export class Farewells {
  /** For each of REPEATS, in the order of time. */
  private readonly repeats = REPEATS.map((delay) => ({ delay, queue: [] as (Farewell & { readonly at: Micros })[] }));
  private parked: (Farewell & { readonly until: Micros })[] = [];

  constructor(private readonly canReach: (address: Address) => boolean) {}

  get deadline(): Micros {
    return micros(Math.min(...this.repeats.map(({ queue }) => queue[0]?.at ?? NEVER)));
  }

  tell(farewell: Farewell, now: Micros, send: FarewellSender): void {
    if (!this.canReach(farewell.to)) return this.park(farewell, now);
    send(farewell);
    for (const { delay, queue } of this.repeats)
      queue.push({ ...farewell, at: micros(Math.ceil((now + delay) / TOGETHER) * TOGETHER) });
  }

  wake(now: Micros, send: FarewellSender): void {
    for (const { queue } of this.repeats) {
      const later = queue.findIndex(({ at }) => at > now);
      for (const farewell of queue.splice(0, later < 0 ? queue.length : later)) {
        if (this.canReach(farewell.to)) send(farewell);
        else this.park(farewell, now);
      }
    }
  }

  /** There may be ways to members to which there was none. */
  routesChanged(now: Micros, send: FarewellSender): void {
    const worth = this.parked.filter(({ until }) => until > now);
    this.parked = worth.filter(({ to }) => !this.canReach(to));
    for (const farewell of worth) if (this.canReach(farewell.to)) this.tell(farewell, now, send);
  }

  private park({ to, bytes, cube }: Farewell, now: Micros): void {
    if (this.parked.some((known) => known.bytes === bytes)) return;
    if (this.parked.length >= MAX_PARKED) this.parked.shift();
    this.parked.push({ to, bytes, cube, until: micros(now + WORTH_TELLING) });
  }
}
