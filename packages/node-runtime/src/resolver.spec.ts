import { SystemResolver } from './resolver.js';

describe('SystemResolver', () => {
  const resolver = new SystemResolver();

  it('passes literals of the family through', async () => {
    expect(await resolver.resolve('192.0.2.77', 4)).toBe('192.0.2.77');
    expect(await resolver.resolve('2001:db8::7', 6)).toBe('2001:db8::7');
    expect(await resolver.resolve('192.0.2.77', 6)).toBeUndefined();
  });

  it('asks the system', async () => {
    expect(await resolver.resolve('localhost', 4)).toBe('127.0.0.1');
  });

  it.each(['', '::1', 'a..b'])('has no IPv4 address for "%s"', async (name) => {
    expect(await resolver.resolve(name, 4)).toBeUndefined();
  });
});
