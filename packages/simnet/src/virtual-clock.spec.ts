import { fromMs, micros } from '@ouroboros/model';
import { sleep } from '@ouroboros/ports';
import { SeededRandom } from './seeded-random.js';
import { VirtualClock } from './virtual-clock.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('VirtualClock', () => {
  it('runs events by time, then by order of scheduling', async () => {
    const clock = new VirtualClock(settle);
    const seen: string[] = [];
    const random = new SeededRandom(1);
    const times = Array.from({ length: 200 }, () => random.uint32() % 50);
    times.forEach((at, i) => clock.at(micros(at), () => seen.push(`${clock.now()}:${i}`)));
    await clock.runUntil(micros(60));
    const expected = times.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at || a.i - b.i);
    expect(seen).toEqual(expected.map(({ at, i }) => `${at}:${i}`));
    expect(clock.now()).toBe(60);
  });

  it('does not run what was cancelled', async () => {
    const clock = new VirtualClock(settle);
    const seen: string[] = [];
    const cancel = clock.at(micros(5), () => seen.push('no'));
    clock.at(micros(4), cancel);
    await clock.runUntil(micros(10));
    expect(seen).toEqual([]);
  });

  it('lets promises go on between events, and waits in virtual time', async () => {
    const clock = new VirtualClock(settle);
    const story = (async () => {
      await sleep(clock, fromMs(30_000));
      await sleep(clock, fromMs(30_000));
      return clock.now();
    })();
    expect(await clock.resolve(story, fromMs(70_000))).toBe(fromMs(60_000));
    await expect(clock.resolve(new Promise(() => undefined), fromMs(10))).rejects.toThrow('nothing settled');
  });
});

describe('SeededRandom', () => {
  it('repeats itself for a seed and differs between seeds', () => {
    const draw = (seed: number): number[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 20 }, () => random.uint32());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(new Set(draw(0)).size).toBe(20);
  });

  it('is even enough for loss rates', () => {
    const random = new SeededRandom(42);
    let below = 0;
    for (let i = 0; i < 100_000; i += 1) if (random.fraction() < 0.2) below += 1;
    expect(below / 100_000).toBeCloseTo(0.2, 2);
  });
});
