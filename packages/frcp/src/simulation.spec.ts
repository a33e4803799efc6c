import { runWhole } from '../spec/whole.spec.js';

const SEEDS = 200;

describe('flows over paths that lose, delay, reorder, duplicate and break', () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => i + 1))('seed %i: every byte once, in order', (seed) => {
    expect(() => runWhole(seed)).not.toThrow();
  });
});
