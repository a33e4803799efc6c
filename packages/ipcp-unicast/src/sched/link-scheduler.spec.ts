import { fromMs, micros, type QosCube } from '@ouroboros/model';
import type { WriteVerdict } from '@ouroboros/ports';
import { mbEcn } from '../ca/index.js';
import { LinkScheduler, QueueLimit, type ScheduledFlow, type Waiter } from './index.js';

/** A flow that takes what its limit allows, and sends at a rate in virtual time. */
class Line implements ScheduledFlow {
  readonly sent: { readonly tag: number; readonly at: number; readonly length: number }[] = [];
  now = 0;
  private readonly waiting: { readonly tag: number; readonly length: number }[] = [];
  private bytes = 0;
  private limit = 0;
  private wanted = false;
  private budget = 0;

  constructor(private readonly bytesPerMs: number) {}

  limitWaiting(bytes: number): void {
    this.limit = bytes;
  }

  queuedTx(): number {
    return this.waiting.length;
  }

  send(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    const total = headLength + length;
    if (this.bytes + total > this.limit) {
      this.wanted = true;
      return 'full';
    }
    this.waiting.push({ tag: headLength > 0 ? head[0]! : body[offset]!, length: total });
    this.bytes += total;
    return 'ok';
  }

  /** One millisecond passes. */
  step(scheduler: LinkScheduler): void {
    this.now += 1;
    this.budget = Math.min(this.budget + this.bytesPerMs, 2 * this.bytesPerMs);
    while (this.waiting[0] && this.waiting[0].length <= this.budget) {
      const { tag, length } = this.waiting.shift()!;
      this.budget -= length;
      this.bytes -= length;
      this.sent.push({ tag, at: this.now, length });
    }
    if (!this.wanted || this.bytes > this.limit / 2) return;
    this.wanted = false;
    scheduler.writable(micros(this.now * 1000));
  }

  share(tag: number): number {
    const sum = (packets: typeof this.sent): number => packets.reduce((total, { length }) => total + length, 0);
    return sum(this.sent.filter((packet) => packet.tag === tag)) / sum(this.sent);
  }
}

const BODY = new Uint8Array(1400);

/** A local flow that always has more to send, some packets per call as the member reads them. */
class Flood implements Waiter {
  constructor(
    private readonly scheduler: LinkScheduler,
    private readonly cube: QosCube,
    private readonly tag: number,
  ) {}

  resume(most = 4): void {
    const head = Uint8Array.of(this.tag);
    for (let i = 0; i < most; i += 1) if (this.scheduler.send(this.cube, head, 1, BODY, 0, 1400, this) !== 'ok') return;
    if (most < 1000) this.resume(1000);
  }
}

/** 10 Mbit/s. */
function tenMegabit(): { line: Line; scheduler: LinkScheduler } {
  const line = new Line(1250);
  return { line, scheduler: new LinkScheduler(line, () => mbEcn.createMarker()) };
}

describe('the scheduler of a link', () => {
  it.each(['local', 'relayed'])('brings voice through a saturating %s flood within 20 ms', (origin) => {
    const { line, scheduler } = tenMegabit();
    if (origin === 'local') new Flood(scheduler, 0, 1).resume();
    const delays: number[] = [];
    for (let ms = 0; ms < 2000; ms += 1) {
      if (origin === 'relayed') {
        for (let i = 0; i < 4; i += 1) scheduler.send(0, Uint8Array.of(1), 1, BODY, 0, 1400, null);
      }
      if (ms % 20 === 0) expect(scheduler.send(2, Uint8Array.of(100), 1, BODY, 0, 160, null)).toBe('ok');
      line.step(scheduler);
    }
    const voice = line.sent.filter(({ tag }) => tag === 100);
    voice.forEach(({ at }, i) => delays.push(at - 20 * i));
    expect(voice.length).toBeGreaterThan(97);
    expect(Math.max(...delays)).toBeLessThanOrEqual(20);
    expect(line.share(1)).toBeGreaterThan(0.9);
  });

  it('gives flows of one cube equal shares', () => {
    const { line, scheduler } = tenMegabit();
    new Flood(scheduler, 0, 1).resume();
    new Flood(scheduler, 0, 2).resume();
    for (let ms = 0; ms < 3000; ms += 1) line.step(scheduler);
    expect(line.share(1)).toBeGreaterThan(0.4);
    expect(line.share(1)).toBeLessThan(0.6);
    expect(line.sent.length * 1401).toBeGreaterThan(0.95 * 3000 * 1250);
  });

  it('starves no cube: shares are 4 to 2 to 1 when all are flooded', () => {
    const { line, scheduler } = tenMegabit();
    for (const cube of [0, 1, 2] as const) new Flood(scheduler, cube, cube).resume();
    for (let ms = 0; ms < 7000; ms += 1) line.step(scheduler);
    expect([line.share(0), line.share(1), line.share(2)].map((share) => Math.round(share * 7))).toEqual([1, 2, 4]);
  });

  it('shares a cube between what is relayed and what starts here', () => {
    const { line, scheduler } = tenMegabit();
    new Flood(scheduler, 0, 1).resume();
    for (let ms = 0; ms < 3000; ms += 1) {
      for (let i = 0; i < 4; i += 1) scheduler.send(0, Uint8Array.of(2), 1, BODY, 0, 1400, null);
      line.step(scheduler);
    }
    expect(line.share(1)).toBeGreaterThan(0.4);
    expect(line.share(1)).toBeLessThan(0.6);
  });

  it('marks a cube by its own standing queue alone', () => {
    const { line, scheduler } = tenMegabit();
    const marks: Record<QosCube, number> = { 0: 0, 1: 0, 2: 0 };
    for (let ms = 0; ms < 200; ms += 1) {
      for (let i = 0; i < 4; i += 1) scheduler.send(0, Uint8Array.of(1), 1, BODY, 0, 1400, null);
      for (const cube of [0, 2] as const) marks[cube] = scheduler.mark(cube, micros(ms * 1000));
      line.step(scheduler);
    }
    expect(marks[0]).toBeGreaterThan(5);
    expect(marks[2]).toBe(0);
  });

  it('resumes those that wait for a link that goes away', () => {
    const { scheduler } = tenMegabit();
    let resumed = 0;
    const waiter = { resume: () => (resumed += 1) };
    while (scheduler.send(0, BODY, 15, BODY, 0, 1385, waiter) === 'ok') expect(resumed).toBe(0);
    scheduler.close();
    expect(resumed).toBe(1);
  });
});

describe('the limit of what waits below', () => {
  /** A link that carries so many bytes per millisecond, and is found empty every 5 ms, or never. */
  class Link {
    readonly limit = new QueueLimit();
    private now = 0;
    private sent = 0;

    limitAfter(ms: number, ranEmpty: boolean, bytesPerMs: number): number {
      for (const end = this.now + ms; this.now < end; this.now += 5) {
        this.limit.adapt(ranEmpty, this.sent, fromMs(this.now));
        this.sent += 5 * bytesPerMs;
      }
      return this.limit.bytes;
    }
  }

  it('grows while the link runs empty, and shrinks again when it does not', () => {
    const link = new Link();
    expect(link.limitAfter(500, true, 100_000)).toBe(256 * 1024);
    expect(link.limitAfter(5000, false, 1_250)).toBe(4 * 1024);
  });

  it('never shrinks below what the link carries in 3 ms', () => {
    expect(new Link().limitAfter(5000, false, 12_500)).toBe(3 * 12_500);
  });

  it('never grows beyond what the link carries in 10 ms', () => {
    expect(new Link().limitAfter(500, true, 1250)).toBe(10 * 1250);
    expect(new Link().limitAfter(500, true, 100)).toBe(12 * 1024);
  });

  it('goes by the best rate of the last second, not by that of a pause', () => {
    const link = new Link();
    link.limitAfter(500, true, 5000);
    expect(link.limitAfter(200, true, 1000)).toBe(10 * 5000);
    expect(link.limitAfter(1200, false, 1000)).toBeLessThanOrEqual(12 * 1024);
  });
});
