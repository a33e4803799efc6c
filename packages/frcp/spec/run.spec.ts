/** One run of two ends over a path, all of it drawn from a seed; no tests here. */
import { micros, fromMs } from '@ouroboros/model';
import { SeededRandom } from '@ouroboros/simnet';
import type { FrcpConfig } from '../src/index.js';
import { CEnd } from './c-end.spec.js';
import { OurEnd, type End, type Habits } from './our-end.spec.js';
import { PERFECT, Path, World, type Conditions } from './world.spec.js';

export interface Plan {
  readonly peer: 'ours' | 'c';
  readonly there: Conditions;
  readonly back: Conditions;
  readonly habits: readonly [Habits, Habits];
  /** Of our end, and of the peer where it is ours. */
  readonly configs: readonly [FrcpConfig, FrcpConfig];
}

export const QUICK_READER = { readBatch: Infinity, restMs: 0 };
export const CONFIG: FrcpConfig = { reliable: true, selective: true, initialSeqno: 0, mplMs: 100 };

/** Two ends and what is between them. */
export class Run {
  readonly world = new World();
  readonly ours: OurEnd;
  readonly peer: End;
  readonly there: Path;
  readonly back: Path;

  constructor(plan: Plan, random: SeededRandom) {
    const { world } = this;
    this.ours = new OurEnd(world, plan.configs[0], plan.habits[0], (packet) => this.there.send(packet));
    const send = (packet: Uint8Array): boolean => this.back.send(packet);
    this.peer =
      plan.peer === 'ours'
        ? new OurEnd(world, plan.configs[1], plan.habits[1], send)
        : new CEnd(world, random.fork(), plan.habits[1], send);
    this.there = this.path(random, plan.there, this.ours, this.peer);
    this.back = this.path(random, plan.back, this.peer, this.ours);
  }

  get down(): boolean {
    return this.ours.down || this.peer.down;
  }

  /** Until all is with the readers and both ends know it; false when `limitMs` was too short or the flow went down. */
  finish(limitMs: number): boolean {
    this.ours.start();
    this.peer.start();
    return this.world.run(micros(this.world.now + fromMs(limitMs)), () => this.complete || this.down) && !this.down;
  }

  get complete(): boolean {
    const { ours, peer } = this;
    return ours.done && peer.done && ours.received === peer.written && peer.received === ours.written;
  }

  private path(random: SeededRandom, conditions: Conditions, from: End, to: End): Path {
    return new Path(
      this.world,
      random.fork(),
      conditions,
      (packet) => to.take(packet),
      () => from.roomAgain(),
    );
  }
}

/**
 * C measures its round trip by packets that were held up by lost ones, so its time-out grows with loss until its timers can
 * no longer hold it and the flow goes down, whatever its peer does. Where C writes, losses are few.
 */
const MOST_LOSS_OF_C = 0.03;

const pick = <T>(random: SeededRandom, ...choices: readonly T[]): T => choices[random.uint32() % choices.length]!;
const scaled = (random: SeededRandom, most: number): number => Math.max(1, Math.floor(most ** random.fraction()));

function drawConditions(random: SeededRandom, gentle: boolean): Conditions {
  const least = pick(random, 0, 0, random.fraction() * 10, random.fraction() * 250);
  const jitter = pick(random, 0, 0, random.fraction() * 5, random.fraction() * 250);
  return {
    loss: gentle
      ? random.fraction() * MOST_LOSS_OF_C
      : pick(random, 0, random.fraction() * 0.02, random.fraction() * 0.3, 0.3),
    duplicate: pick(random, 0, 0, random.fraction() * 0.2),
    delayMs: [least, least + jitter],
    bytesPerSecond: pick(random, Infinity, 1e8, 1e7, 1e6),
    // C loses what its queue does not take. [spec/wire-frcp.md §12 Quirk 10]
    queue: gentle ? Infinity : pick(random, Infinity, 3, 20, 200),
    cutMs: gentle ? undefined : pick(random, undefined, undefined, undefined, [500, 500 + random.fraction() * 20_000]),
  };
}

function drawHabits(random: SeededRandom, mostBytes: number): Habits {
  const payload = pick(random, 1400, 100 + (random.uint32() % 1300), 9000, 64_000);
  const writes: number[] = [];
  let left = Math.min(scaled(random, mostBytes), payload * 3000);
  while (left > 0) {
    const write = Math.min(left, scaled(random, 1 << 20));
    writes.push(write);
    left -= write;
    if (writes.length === 400) break;
  }
  if (random.fraction() < 0.2) writes.length = 0;
  const slow = random.fraction() < 0.25;
  return {
    writes,
    payload,
    readBatch: slow ? 1 + (random.uint32() % 40) : Infinity,
    restMs: slow ? 1 + (random.uint32() % 20) : 0,
    batches: random.fraction() < 0.5,
    waits: !slow && random.fraction() < 0.5,
  };
}

function drawConfig(random: SeededRandom, selective: boolean, payload: number): FrcpConfig {
  const bytes = (): number => pick(random, 1 << 20, 1 << 17, Math.max(4096, payload * 2));
  return {
    reliable: true,
    selective,
    initialSeqno: pick(random, random.uint32(), 0xffffff00 + (random.uint32() & 0xff), random.uint32() & 0xff000000),
    mplMs: 100,
    sendBytes: bytes(),
    receiveBytes: bytes(),
    maxWindow: pick(random, undefined, 64, 4, 16, 256, 1024),
  };
}

/** What a seed stands for. */
export function drawPlan(seed: number): [Plan, SeededRandom] {
  const random = new SeededRandom(seed);
  const peer = pick(random, 'ours', 'ours', 'c');
  const selective = peer === 'ours' && random.fraction() < 0.9;
  const habits: [Habits, Habits] = [drawHabits(random, 1 << 20), drawHabits(random, 1 << 20)];
  const largest = Math.max(habits[0].payload, habits[1].payload);
  const configs: [FrcpConfig, FrcpConfig] = [
    drawConfig(random, selective, largest),
    drawConfig(random, selective, largest),
  ];
  const gentle = peer === 'c' && habits[1].writes.length > 0;
  const there = drawConditions(random, gentle);
  return [{ peer, there, back: drawConditions(random, gentle), habits, configs }, random];
}

export const perfectly = (changes: Partial<Conditions>): Conditions => ({ ...PERFECT, ...changes });
