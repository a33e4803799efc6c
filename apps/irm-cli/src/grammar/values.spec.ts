import { IPV4 } from '@ouroboros/model';
import { readAddress, readDuration, readHosts, readInteger, readList } from './values.js';

describe('values of options', () => {
  it.each([
    ['30s', 30_000],
    ['500', 500],
    ['500ms', 500],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['0', 0],
  ])('the time %p is %p ms', (text, ms) => expect(readDuration('t', text)).toBe(ms));

  it.each(['', 's', '-1s', '1w', '1 s', '1e3', '9999999999s', '1.s', 'constructor', '1constructor'])(
    'the time %p is refused',
    (text) => {
      expect(() => readDuration('t', text)).toThrow(/^t must be a number with/);
    },
  );

  it.each(['', '-1', '1.0', '0x10', '1e2', '11', '9'.repeat(20)])('the number %p is not from 1 to 10', (text) => {
    expect(() => readInteger('n', text, 1, 10)).toThrow(`n must be a whole number from 1 to 10, not "${text}"`);
  });

  it.each(['1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', 'a.b.c.d', '1.2.3.4 '])('%p is no IPv4 address', (text) => {
    expect(() => readAddress('ip', text, IPV4)).toThrow('ip must be an IPv4 address');
  });

  it('lists are split at commas', () =>
    expect(readList('drop', '127.0.0.2, 127.0.0.3')).toEqual(['127.0.0.2', '127.0.0.3']));

  it.each(['', 'a', 'a=', '=b', 'a=b,', 'a=b,c'])('hosts %p are refused', (text) =>
    expect(() => readHosts('hosts', text)).toThrow('hosts must be'),
  );
});
