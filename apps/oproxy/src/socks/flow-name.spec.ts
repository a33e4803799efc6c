import { flowNameOf } from './flow-name.js';

describe('the flow name of a host name', () => {
  it.each([
    ['web.o7s', 'web'],
    ['web.net.o7s', 'web.net'],
    ['web.o7s.', 'web'],
    ['Web.O7S', 'Web'],
    ['o7s.o7s', 'o7s'],
    ['münchen.o7s', 'münchen'],
  ])('%s stands for %s', (host, name) => expect(flowNameOf(host, '.o7s')).toBe(name));

  it.each([
    ['web'],
    ['o7s'],
    ['.o7s'],
    ['weo7s'],
    ['web.o7s.example'],
    ['web.o7s..'],
    ['10.0.0.1'],
    ['0:0:0:0:0:0:0:1'],
    [''],
    [`${'n'.repeat(256)}.o7s`],
    ['nul\0.o7s'],
  ])('%j stands for none', (host) => expect(flowNameOf(host, '.o7s')).toBeUndefined());

  it('has the suffix that was asked for', () => {
    expect([flowNameOf('web.my.mesh', '.my.mesh'), flowNameOf('web.o7s', '.my.mesh')]).toEqual(['web', undefined]);
  });
});
