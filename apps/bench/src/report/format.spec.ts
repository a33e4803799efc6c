import { short, spreadText, tableOf } from './format.js';

describe('a number in a table', () => {
  it.each([
    [0, '0'],
    [0.123, '0.12'],
    [9.994, '9.99'],
    [9.996, '10.0'],
    [99.94, '99.9'],
    [99.96, '100'],
    [9994, '9994'],
    [9996, '10.0 k'],
    [351_234, '351 k'],
    [999_499, '999 k'],
    [999_501, '1.00 M'],
    [-12.34, '-12.3'],
  ])('%d is %s', (value, text) => {
    expect(short(value)).toBe(text);
  });
});

describe('a spread in a table', () => {
  it('shows the range where there is one', () => {
    expect(spreadText({ median: 2, min: 1, max: 3 })).toBe('2.00 (1.00..3.00)');
    expect(spreadText({ median: 2, min: 2, max: 2 })).toBe('2.00');
    expect(spreadText(undefined)).toBe('');
  });
});

it('a table is Markdown', () => {
  expect(tableOf(['a', 'b'], [['1', '2']])).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |');
});
