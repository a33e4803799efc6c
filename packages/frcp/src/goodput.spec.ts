import { SeededRandom } from '@ouroboros/simnet';
import { CONFIG, QUICK_READER, Run, perfectly, type Plan } from '../spec/run.spec.js';
import type { Conditions } from '../spec/world.spec.js';

const MEBIBYTE = 1 << 20;
const SEGMENT = 1400;
/** 1 Gbit/s, and a queue before it that holds the window. */
const LINE = { bytesPerSecond: 125e6, queue: 256 };

/** A run in which one process writes `bytes` to another over this path. */
function transfer(bytes: number, there: Partial<Conditions>, roundTripMs: number, seed: number): Run {
  const delayMs: [number, number] = [roundTripMs / 2, roundTripMs / 2];
  const writer = { ...QUICK_READER, writes: [bytes], payload: SEGMENT };
  const reader = { ...QUICK_READER, writes: [], payload: SEGMENT };
  const back = { ...there, hiddenQueue: false };
  const plan: Plan = {
    peer: 'ours',
    there: perfectly({ ...there, delayMs }),
    back: perfectly({ ...back, delayMs }),
    habits: [writer, reader],
    configs: [CONFIG, CONFIG],
  };
  const run = new Run(plan, new SeededRandom(seed));
  if (!run.finish(600_000)) throw new Error(`seed ${seed}: not finished`);
  return run;
}

/** Bytes per second of virtual time. */
function goodput(bytes: number, troubles: Partial<Conditions>, roundTripMs: number, seed: number): number {
  return bytes / (transfer(bytes, { ...LINE, ...troubles }, roundTripMs, seed).world.now / 1e6);
}

/** What a textbook TCP gets: MSS / RTT × √(3/2) / √p [Mathis, Semke, Mahdavi, Ott 1997]. */
const mathis = (loss: number, roundTripMs: number): number =>
  (SEGMENT / (roundTripMs / 1000)) * (Math.sqrt(1.5) / Math.sqrt(loss));

describe('goodput', () => {
  it.each([1, 2, 3])('at 0.1 %% loss without added delay is at least 60 %% of the loss-free (seed %i)', (seed) => {
    const clean = goodput(32 * MEBIBYTE, {}, 0.2, seed);
    expect(goodput(32 * MEBIBYTE, { loss: 0.001 }, 0.2, seed) / clean).toBeGreaterThan(0.6);
  });

  it.each([1, 2, 3])('at 1 %% loss and 20 ms round trip is at least that of a textbook TCP (seed %i)', (seed) => {
    expect(goodput(16 * MEBIBYTE, { loss: 0.01 }, 20, seed) / mathis(0.01, 20)).toBeGreaterThan(1);
  });

  it('fills the window each round trip after the first, however long the path', () => {
    expect(goodput(16 * MEBIBYTE, {}, 200, 1)).toBeGreaterThan((0.75 * MEBIBYTE) / 0.2);
  });

  it.each([
    [12.5e6, 50, 20],
    [1.25e6, 50, 20],
    [125e6, 20, 1],
    [1e6, 20, 100],
  ])(
    'does not flood a line of %d bytes/s with an unseen queue of %d packets, %d ms away',
    (speed, queue, roundTripMs) => {
      const bytes = Math.min(8 * MEBIBYTE, speed * 10);
      const run = transfer(bytes, { bytesPerSecond: speed, queue, hiddenQueue: true }, roundTripMs, 1);
      const { retransmitted, dataSent } = run.ours.frcp.counters;
      expect(retransmitted / dataSent).toBeLessThan(0.05);
      expect(bytes / (run.world.now / 1e6) / speed).toBeGreaterThan(0.6);
    },
  );

  it.each([1, 2, 3])('does not take what a bad line loses for a queue that is full (seed %i)', (seed) => {
    const bad = { loss: 0.05, duplicate: 0.05, late: { part: 0.05, ms: 20 } };
    expect(goodput(32 * MEBIBYTE, bad, 1, seed) / goodput(32 * MEBIBYTE, {}, 1, seed)).toBeGreaterThan(0.5);
  });
});
