import { HOSTILE_INPUTS, attack } from '../spec/hostile.spec.js';

it(`${HOSTILE_INPUTS.long} hostile inputs neither throw nor stop a timer nor fill a queue`, () => {
  expect(() => attack(HOSTILE_INPUTS.long, 1_000_000)).not.toThrow();
});
