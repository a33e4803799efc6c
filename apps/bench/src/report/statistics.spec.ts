import { spreadOf } from './statistics.js';

describe('a spread', () => {
  it('has the middle one of an odd number of values, whatever their order', () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
  });

  it('has the mean of the middle two of an even number', () => {
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  });

  it('of nothing does not exist', () => {
    expect(spreadOf([])).toBeUndefined();
  });
});
