import fc from 'fast-check';
import { STEPS, Storm, type Step } from './testing/storm.js';

const RUNS = 1500;

describe('The registry in a storm of random inputs, for long', () => {
  it('answers every request exactly once, gives each number once, and keeps its queues bounded', () => {
    const step: fc.Arbitrary<Step> = fc.record({ what: fc.constantFrom(...STEPS), a: fc.nat(1000), b: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const storm = new Storm();
        for (const one of steps) storm.run(one);
        storm.finish();
      }),
      { numRuns: RUNS },
    );
  });
});
