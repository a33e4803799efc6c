import { fromMs, fromSeconds, type Micros } from '@ouroboros/model';
import { NodeClock } from './clock.js';

const clock = new NodeClock();
const after = (micros: number): Micros => (clock.now() + micros) as Micros;
const calledAt = (at: Micros): Promise<Micros> => new Promise((resolve) => clock.at(at, () => resolve(clock.now())));

describe('NodeClock', () => {
  it('counts microseconds that never go back', () => {
    let last = clock.now();
    for (let i = 0; i < 10_000; i++) {
      const now = clock.now();
      expect(now >= last).toBe(true);
      last = now;
    }
    expect(Number.isInteger(last)).toBe(true);
  });

  it('tells the wall time in nanoseconds', () => {
    const distanceMs = Number(clock.wallNanos() / 1_000_000n) - Date.now();
    expect(Math.abs(distanceMs)).toBeLessThan(50);
  });

  it('never calls back early, at any fraction of a millisecond', async () => {
    const times = Array.from({ length: 40 }, (_, i) => after(i * 173));
    const called = await Promise.all(times.map(calledAt));
    called.forEach((at, i) => expect(at).toBeGreaterThanOrEqual(times[i]!));
  });

  it('calls back in a later turn for a time that has passed', async () => {
    let inTurn = true;
    const late = new Promise<boolean>((resolve) => clock.at((clock.now() - 1000) as Micros, () => resolve(inTurn)));
    inTurn = false;
    expect(await late).toBe(false);
  });

  it('does not call back when cancelled, before and after', async () => {
    let calls = 0;
    const cancel = clock.at(after(1000), () => (calls += 1));
    cancel();
    const cancelPassed = clock.at(after(-1), () => (calls += 1));
    cancelPassed();
    await calledAt(after(5000));
    expect(calls).toBe(0);
    cancel();
  });

  it('waits for times beyond the range of setTimeout instead of calling at once', async () => {
    let called = false;
    const cancel = clock.at(after(fromSeconds(60 * 86_400)), () => (called = true));
    await calledAt(after(fromMs(5)));
    expect(called).toBe(false);
    cancel();
  });

  it('refuses NEVER', () => {
    expect(() => clock.at(Infinity as Micros, () => undefined)).toThrow('not a time');
  });
});
