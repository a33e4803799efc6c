/** Virtual time and the path between two ends, for the specs of this package; no tests here. */
import { NEVER, micros, type Micros } from '@ouroboros/model';
import type { SeededRandom } from '@ouroboros/simnet';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

const isSooner = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** What happens, in order of time. Nothing waits. */
export class World {
  now = micros(0);
  private order = 0;
  private readonly heap: Event[] = [];

  after(delay: number, act: () => void): void {
    this.at(this.now + delay, act);
  }

  at(at: number, act: () => void): void {
    const { heap } = this;
    const event = { at: Math.max(at, this.now), order: (this.order += 1), act };
    let i = heap.push(event) - 1;
    for (let parent = (i - 1) >> 1; i > 0 && isSooner(event, heap[parent]!); parent = (i - 1) >> 1) {
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  /** Goes on until `done` or the time `limit`; true when done. */
  run(limit: Micros, done: () => boolean): boolean {
    for (let next = this.heap[0]; !done(); next = this.heap[0]) {
      if (next === undefined || next.at > limit) return false;
      this.remove();
      this.now = micros(next.at);
      next.act();
    }
    return true;
  }

  private remove(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (let child = 1; child < heap.length; child = 2 * i + 1) {
      if (child + 1 < heap.length && isSooner(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isSooner(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

/** Calls `wake` at the deadline of an end, however often that moves. */
export class Alarm {
  private armedFor = NEVER;

  constructor(
    private readonly world: World,
    private readonly deadline: () => Micros,
    private readonly wake: () => void,
  ) {}

  /** To be called after each input. */
  check(): void {
    const deadline = this.deadline();
    if (deadline >= this.armedFor) return;
    this.armedFor = deadline;
    this.world.at(deadline, () => {
      if (this.armedFor !== deadline) return;
      this.armedFor = NEVER;
      if (this.deadline() <= this.world.now) this.wake();
      this.check();
    });
  }
}

/** One direction of a path. */
export interface Conditions {
  /** Chances of a packet, 0 to 1. */
  readonly loss: number;
  readonly duplicate: number;
  /** Each packet takes a time between these, so that packets overtake each other where they differ. */
  readonly delayMs: readonly [number, number];
  /** Part of the packets that take so much longer. */
  readonly late?: { readonly part: number; readonly ms: number };
  readonly bytesPerSecond: number;
  /** Packets that wait for the line; more are refused, or lost where the queue is out of sight of the sender. */
  readonly queue: number;
  readonly hiddenQueue?: boolean;
  /** Nothing passes between these times. */
  readonly cutMs?: readonly [number, number];
}

export const PERFECT: Conditions = {
  loss: 0,
  duplicate: 0,
  delayMs: [0, 0],
  bytesPerSecond: Infinity,
  queue: Infinity,
};

export class Path {
  sent = 0;
  /** Looks at each packet that is sent; false loses it. */
  tap: (packet: Uint8Array) => boolean = () => true;
  private queued = 0;
  private refused = false;
  private lineFreeAt = 0;

  constructor(
    private readonly world: World,
    private readonly random: SeededRandom,
    private readonly conditions: Conditions,
    private readonly deliver: (packet: Uint8Array) => void,
    private readonly roomAgain: () => void,
  ) {}

  /** False: refused, `roomAgain` follows. */
  send(packet: Uint8Array): boolean {
    if (this.queued >= this.conditions.queue) {
      if (this.conditions.hiddenQueue) this.sent += 1;
      else this.refused = true;
      return this.conditions.hiddenQueue === true;
    }
    this.sent += 1;
    this.queued += 1;
    const takes = (packet.length / this.conditions.bytesPerSecond) * 1e6;
    this.lineFreeAt = Math.max(this.lineFreeAt, this.world.now) + takes;
    this.world.at(this.lineFreeAt, () => this.leave(packet));
    return true;
  }

  private leave(packet: Uint8Array): void {
    this.queued -= 1;
    const { loss, duplicate } = this.conditions;
    const passes = this.tap(packet) && !this.isCut();
    if (passes && this.random.fraction() >= loss) this.carry(packet);
    if (passes && this.random.fraction() < duplicate) this.carry(packet);
    if (!this.refused) return;
    this.refused = false;
    this.roomAgain();
  }

  private carry(packet: Uint8Array): void {
    const { delayMs, late } = this.conditions;
    const [least, most] = delayMs;
    const detour = late && this.random.fraction() < late.part ? late.ms : 0;
    this.world.after((least + this.random.fraction() * (most - least) + detour) * 1000, () => this.deliver(packet));
  }

  private isCut(): boolean {
    const [from, to] = this.conditions.cutMs ?? [0, 0];
    return this.world.now >= from * 1000 && this.world.now < to * 1000;
  }
}
