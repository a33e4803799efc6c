import { Spin } from './spin.js';

/** Turns of one spin that finds nothing. */
function spinInVain(spin: Spin): number {
  let turns = 0;
  while (spin.again()) turns += 1;
  spin.slept();
  return turns;
}

describe('Spin', () => {
  it('halves with each spin in vain and tries in full after 64 sleeps without any', () => {
    const spin = new Spin(50);
    expect(Array.from({ length: 8 }, () => spinInVain(spin))).toEqual([50, 25, 12, 6, 3, 1, 0, 0]);
    expect(Array.from({ length: 63 }, () => spinInVain(spin)).slice(-2)).toEqual([50, 25]);
  });

  it('is restored when it finds something', () => {
    const spin = new Spin(50);
    for (let i = 0; i < 4; i++) spinInVain(spin);
    spin.again();
    spin.found();
    expect(spinInVain(spin)).toBe(50);
  });

  it('is not moved by news without a pause, nor started where none is wanted', () => {
    const spin = new Spin(50);
    spinInVain(spin);
    spin.found();
    expect(spinInVain(spin)).toBe(25);
    expect(spinInVain(new Spin(0))).toBe(0);
  });
});
