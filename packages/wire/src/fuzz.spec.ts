import { fuzz, FUZZ_INPUTS, FUZZ_TARGETS } from '../test/fuzz.js';

describe(`${FUZZ_INPUTS.normal} mutated inputs`, () => {
  it.each(Object.keys(FUZZ_TARGETS))('neither throw nor grow in the decoder of %s', (name) => {
    expect(() => fuzz(name, FUZZ_INPUTS.normal)).not.toThrow();
  });
});
