import { fuzz, FUZZ_INPUTS, FUZZ_TARGETS } from '../test/fuzz.js';

/** Milliseconds for one decoder; a run takes about a tenth of it. */
const LIMIT = 600_000;

describe(`${FUZZ_INPUTS.long} mutated inputs`, () => {
  it.each(Object.keys(FUZZ_TARGETS))(
    'neither throw nor grow in the decoder of %s',
    (name) => {
      expect(() => fuzz(name, FUZZ_INPUTS.long)).not.toThrow();
    },
    LIMIT,
  );
});
