import fc from 'fast-check';
import { hasWildcard, wildcardMatch } from './wildcard.js';

describe('a wildcard pattern', () => {
  it.each([
    ['uni-1', 'uni-1', true],
    ['uni-1', 'uni-10', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['uni*', 'uni', true],
    ['uni*', 'uni-1', true],
    ['uni*', 'xuni', false],
    ['*-1', 'uni-1', true],
    ['*-1', 'uni-12', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'a-bb-c', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['**', 'x', true],
    ['', '', true],
    ['', 'x', false],
    ['a.c', 'abc', false],
  ])('%p against %p is %p', (pattern, text, expected) => expect(wildcardMatch(pattern, text)).toBe(expected));

  it('agrees with a regular expression made from it', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(word, text, (pattern, subject) => {
        const expected = new RegExp(`^${pattern.replace(/\*/g, '.*')}$`).test(subject);
        expect(wildcardMatch(pattern, subject)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('is known by its star', () => expect(['a*', 'a'].map(hasWildcard)).toEqual([true, false]));
});
