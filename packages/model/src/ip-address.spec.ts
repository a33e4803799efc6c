import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { IPV4, IPV6 } from './ip-address.js';

describe('IPv4 addresses', () => {
  it('of one host are told from others', () => {
    for (const good of ['192.0.2.1', '127.0.0.1', '223.255.255.255']) expect(IPV4.host(good)).toBe(good);
    for (const bad of ['0.0.0.0', '224.0.0.1', '255.255.255.255', '1.2.3', '01.2.3.4', '1.2.3.4.', '::1', ''])
      expect(IPV4.host(bad)).toBeUndefined();
    expect(IPV4.canonical('0.0.0.0')).toBe('0.0.0.0');
  });
});

describe('IPv6 addresses', () => {
  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1::', '2001:db8:0:1::'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::1', '::1'],
    ['0::1', '::1'],
    ['fd00::192.0.2.1', 'fd00::c000:201'],
  ])('%s is written %s', (text, canonical) => {
    expect(IPV6.host(text)).toBe(canonical);
  });

  it.each(['::', 'ff02::1', 'fe80::1', 'febf::1', '::ffff:192.0.2.1', '::192.0.2.1', '127.0.0.1', '::1%lo', '1::2::3'])(
    '%s is not one host',
    (text) => expect(IPV6.host(text)).toBeUndefined(),
  );

  it.each(['', ':', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4::5:6:7:8', '12345::', 'g::', '1:', ':1'])(
    '%p is no address',
    (text) => expect(IPV6.canonical(text)).toBeUndefined(),
  );

  it('are those of the system', () => {
    const part = fc.constantFrom('0', '00', '1', 'ab', 'FFFF', '', ':', '::', '1.2.3.4', 'x');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const text = parts.join(':');
        expect([text, IPV6.canonical(text) !== undefined]).toEqual([text, isIPv6(text)]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are written as the system writes them', () => {
    const group = fc.constantFrom(0, 0, 0, 1, 0xab, 0xffff);
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.map((one) => one.toString(16)).join(':');
        const host = IPV6.host(text);
        if (host !== undefined) expect(host).toBe(new URL(`http://[${text}]`).hostname.slice(1, -1));
      }),
    );
  });
});
