import { Spin } from './spin.js';

/** Looks of one spin that finds nothing, before a sleep of so many ms. */
function spinInVain(spin: Spin, sleepMs = 0.1): number {
  let looks = 0;
  while (spin.again(1)) looks += 1;
  spin.slept(1000);
  spin.woke(1000 + sleepMs);
  return looks;
}

describe('Spin', () => {
  it('halves with each spin in vain and tries in full after 64 short sleeps without any', () => {
    const spin = new Spin(50);
    expect(Array.from({ length: 8 }, () => spinInVain(spin))).toEqual([50, 25, 12, 6, 3, 1, 0, 0]);
    expect(Array.from({ length: 63 }, () => spinInVain(spin)).slice(-3)).toEqual([0, 50, 25]);
  });

  it('leaves a process at rest alone', () => {
    const spin = new Spin(50);
    for (let i = 0; i < 6; i++) spinInVain(spin, 20);
    expect(Array.from({ length: 1000 }, () => spinInVain(spin, 20)).every((looks) => looks === 0)).toBe(true);
  });

  it('is restored when it finds something', () => {
    const spin = new Spin(50);
    for (let i = 0; i < 4; i++) spinInVain(spin);
    spin.again(1);
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

  it('does not begin after a batch of packets, and goes on as before when they come one by one', () => {
    const spin = new Spin(50);
    expect(spin.again(9)).toBe(false);
    spin.slept(1000);
    spin.woke(1000.1);
    expect([spin.again(8), spin.again(0)]).toEqual([true, true]);
    spin.found();
    expect(spinInVain(spin)).toBe(50);
  });
});
