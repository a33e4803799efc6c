import { Disguise } from './disguise.js';

describe('A disguise', () => {
  it('replaces words by the same word each time, within texts too, but not within longer words', () => {
    const disguise = new Disguise();
    disguise.hide('name', ['hello', 'hello.world', '']);
    disguise.hide('ipcp', ['net.a', 'hello']);
    expect(disguise.of({ name: 'hello', text: 'a flow to hello.world, not hellos; see hello (net.a)' })).toEqual({
      name: '<name-1>',
      text: 'a flow to <name-2>, not hellos; see <name-1> (<ipcp-1>)',
    });
  });

  it('replaces addresses and paths of its own accord', () => {
    const hidden = new Disguise().of([
      'from 10.0.0.1 and 2001:db8::1',
      '/home/me/run',
      '10.0.0.1',
      '02:00:00:00:00:0a',
      7,
      null,
    ]);
    expect(hidden).toEqual(['from <ip-1> and <ip-2>', '<path-1>', '<ip-1>', '<mac-1>', 7, null]);
  });

  it('leaves keys, versions and numbers', () => {
    const plain = { hello: '0.1.0', n: { at: '12 s', up: true } };
    const disguise = new Disguise();
    disguise.hide('name', ['hello', 'at']);
    expect(disguise.of(plain)).toEqual(plain);
  });

  it('takes letters of words as they are', () => {
    const disguise = new Disguise();
    disguise.hide('name', ['a+b(c)', '$x']);
    expect(disguise.of('to a+b(c) and $x')).toBe('to <name-1> and <name-2>');
  });
});
