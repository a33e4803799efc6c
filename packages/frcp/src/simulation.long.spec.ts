import { runWhole } from '../spec/whole.spec.js';

const FIRST = 1001;
const SEEDS = 2000;
const GROUP = 100;

describe(`${SEEDS} seeds of flows over paths that lose, delay, reorder, duplicate and break`, () => {
  it.each(Array.from({ length: SEEDS / GROUP }, (_, i) => FIRST + i * GROUP))(
    'seeds from %i on: every byte once, in order',
    (from) => {
      for (let seed = from; seed < from + GROUP; seed++) expect(() => runWhole(seed)).not.toThrow();
    },
  );
});
