import { isWanted, matches } from './row.js';

describe('a pattern', () => {
  const id = 'unicast/encrypted/1400/one-way';

  it.each(['unicast', 'unicast/encrypted', 'unicast/*/1400', '*/*/*/one-way', id])('%s takes it', (pattern) => {
    expect(matches(id, pattern)).toBe(true);
  });

  it.each(['uni', 'unicast/plain', 'unicast-links', `${id}/more`, 'unicast/encrypted/140'])(
    '%s does not',
    (pattern) => {
      expect(matches(id, pattern)).toBe(false);
    },
  );

  it('is one of several; no pattern takes everything', () => {
    expect(isWanted(id, ['line', 'unicast'])).toBe(true);
    expect(isWanted(id, ['line', 'deep'])).toBe(false);
    expect(isWanted(id, [])).toBe(true);
  });
});
