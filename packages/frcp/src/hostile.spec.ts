import { HOSTILE_INPUTS, attack } from '../spec/hostile.spec.js';

it(`${HOSTILE_INPUTS.normal} hostile inputs neither throw nor stop a timer nor fill a queue`, () => {
  expect(() => attack(HOSTILE_INPUTS.normal, 1)).not.toThrow();
});
