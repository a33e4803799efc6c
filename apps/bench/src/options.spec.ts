import { BadOption, optionsOf } from './options.js';

const refusal = (...args: string[]): string => {
  try {
    optionsOf(args);
    return 'taken';
  } catch (thrown) {
    return thrown instanceof BadOption ? thrown.message : `${thrown}`;
  }
};

describe('options of the bench', () => {
  it('--only and --rounds go before what the plan says', () => {
    const { plan } = optionsOf(['--quick', '--only', 'unicast/*/64', '--only', 'line', '--rounds', '3']);
    expect([plan.title, plan.wanted, plan.rounds]).toEqual(['quick', ['unicast/*/64', 'line'], 3]);
    expect(optionsOf([]).plan.wanted).toEqual([]);
  });

  it('a row that does not exist is named, and what there is', () => {
    expect(refusal('--only', 'unicast/sealed')).toMatch(/^--only unicast\/sealed: no such row.*direct, local.*--list/);
  });

  it.each(['0', '-1', '1.5', 'many', '101', ''])('--rounds=%s is refused', (rounds) => {
    expect(refusal(`--rounds=${rounds}`)).toBe(`--rounds ${rounds}: must be a whole number from 1 to 100`);
  });

  it('unknown options and words are refused', () => {
    expect(refusal('--fast')).toContain('--fast');
    expect(refusal('fast')).toContain('fast');
  });
});
