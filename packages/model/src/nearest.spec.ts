import { nearest } from './nearest.js';

describe('the nearest word', () => {
  it.each([
    ['unicas', 'unicast'],
    ['ucniast', 'unicast'],
    ['uncisat', undefined],
    ['Local', 'local'],
    ['udp5', 'udp4'],
    ['xx', undefined],
    ['', undefined],
    ['l'.repeat(65), undefined],
  ])('to %p is %p', (word, expected) => expect(nearest(word, ['local', 'unicast', 'udp4'])).toBe(expected));

  it('is the closest, and among equals the first listed', () => {
    expect(nearest('uni-3', ['uni-12', 'uni-1', 'uni-2'])).toBe('uni-1');
  });
});
