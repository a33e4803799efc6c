import { NEVER, micros } from '@ouroboros/model';
import fc from 'fast-check';
import { TimerHeap, type Timer } from './timer-heap.js';

describe('A heap of timers', () => {
  it('fires in order of time, then of setting, whatever was cancelled', () => {
    const step = fc.record({ at: fc.nat(20), cancel: fc.option(fc.nat(50)) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = new TimerHeap();
        const timers: Timer[] = [];
        const cancelled = new Set<Timer>();
        for (const { at, cancel } of steps) {
          timers.push(heap.set(micros(at), () => undefined));
          const victim = cancel === null ? undefined : timers[cancel];
          heap.cancel(victim);
          if (victim) cancelled.add(victim);
        }
        const expected = timers
          .filter((timer) => !cancelled.has(timer))
          .sort((a, b) => a.at - b.at || a.order - b.order);
        expect(heap.size).toBe(expected.length);
        const fired: Timer[] = [];
        for (let timer = heap.takeDue(micros(20)); timer; timer = heap.takeDue(micros(20))) fired.push(timer);
        expect(fired).toEqual(expected);
        expect(heap.deadline).toBe(NEVER);
      }),
      { numRuns: 300 },
    );
  });

  it('fires nothing before its time', () => {
    const heap = new TimerHeap();
    heap.set(micros(10), () => undefined);
    expect(heap.takeDue(micros(9))).toBeUndefined();
    expect(heap.deadline).toBe(10);
  });
});
