import { maskLength, networkOf, parsePrefix } from './ip-prefix.js';

describe('a prefix', () => {
  it('is an address and a length', () => {
    expect(parsePrefix('f', '10.0.0.1/24')).toEqual({ version: 4, address: Uint8Array.of(10, 0, 0, 1), length: 24 });
    const six = parsePrefix('f', 'fd00::1/64');
    expect([six.version, [...six.address], six.length]).toEqual([
      6,
      [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      64,
    ]);
    expect([parsePrefix('f', '1.2.3.4').length, parsePrefix('f', '::1').length]).toEqual([32, 128]);
    expect(parsePrefix('f', '1.2.3.4', () => 8).length).toBe(8);
  });

  it.each(['10.0.0.1/33', '10.0.0/8', 'fd00::/129', 'fd00::g/64', '10.0.0.1/', '10.0.0.1/8/8', '', '/8'])(
    '%j is none',
    (text) => expect(() => parsePrefix('field', text)).toThrow(`field: '${text}' is no address`),
  );

  it('has a network', () => {
    const networks = ['10.9.8.7/20', '10.9.8.7/0', '10.9.8.7/32', '10.9.255.7/24'].map((text) => [
      ...networkOf(parsePrefix('f', text)).address,
    ]);
    expect(networks).toEqual([
      [10, 9, 0, 0],
      [0, 0, 0, 0],
      [10, 9, 8, 7],
      [10, 9, 255, 0],
    ]);
  });

  it.each([
    ['255.255.255.0', 24],
    ['255.255.240.0', 20],
    ['0.0.0.0', 0],
    ['255.255.255.255', 32],
    ['255.0.255.0', undefined],
    ['24', undefined],
  ])('the mask %s has %s bits', (mask, length) => expect(maskLength(mask)).toBe(length));
});
