import fc from 'fast-check';
import { REPLAY_WINDOW, ReplayWindow } from './replay-window.js';

/** The same by a set of all counters. */
class Remembering {
  private readonly seen = new Set<number>();
  private top = -1;

  accepts(counter: number): boolean {
    return !this.seen.has(counter) && this.top - counter < REPLAY_WINDOW;
  }

  note(counter: number): void {
    this.seen.add(counter);
    this.top = Math.max(this.top, counter);
  }
}

describe('a replay window', () => {
  it('accepts what a memory of all counters accepts', () => {
    const step = fc.oneof(
      fc.integer({ min: -40, max: 40 }),
      fc.integer({ min: -REPLAY_WINDOW - 40, max: 200 }),
      fc.integer({ min: -20_000, max: 20_000 }),
      fc.constantFrom(-REPLAY_WINDOW - 1, -REPLAY_WINDOW, 1 - REPLAY_WINDOW, 0, 1, 31, 32, 33, 8160, 8191, 8192, 8193),
    );
    fc.assert(
      fc.property(fc.nat(100_000), fc.array(step, { maxLength: 300 }), (start, steps) => {
        const window = new ReplayWindow();
        const model = new Remembering();
        let top = start;
        for (const delta of [0, ...steps]) {
          const counter = Math.max(0, top + delta);
          const accepted = window.accepts(counter);
          expect({ counter, accepted }).toEqual({ counter, accepted: model.accepts(counter) });
          if (!accepted) continue;
          window.note(counter);
          model.note(counter);
          top = Math.max(top, counter);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is not moved by a counter that is only tested', () => {
    const window = new ReplayWindow();
    expect(window.highest).toBe(-1);
    window.note(5);
    expect([window.accepts(0xffffffff), window.accepts(4), window.accepts(5), window.highest]).toEqual([
      true,
      true,
      false,
      5,
    ]);
  });

  it('takes counters up to the last of 32 bits', () => {
    const window = new ReplayWindow();
    window.note(0);
    window.note(0xffffffff);
    const oldest = 0xffffffff - REPLAY_WINDOW + 1;
    expect([window.accepts(0xffffffff), window.accepts(oldest), window.accepts(oldest - 1)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});
