import { SystemResolver } from './resolver.js';

describe('SystemResolver', () => {
  const resolver = new SystemResolver();

  it('passes IPv4 literals through', async () => {
    expect(await resolver.resolve4('192.0.2.77')).toBe('192.0.2.77');
  });

  it('asks the system', async () => {
    expect(await resolver.resolve4('localhost')).toBe('127.0.0.1');
  });

  it.each(['', '::1', 'a..b'])('has no IPv4 address for "%s"', async (name) => {
    expect(await resolver.resolve4(name)).toBeUndefined();
  });
});
