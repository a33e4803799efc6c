import { inUnits } from './byte-units.js';

describe('byte units', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [99_960, '100 kB'],
    [12_345_678, '12.3 MB'],
    [999_999_999, '1.00 GB'],
    [4.2e15, '4200 TB'],
  ])('%d bytes are %s', (bytes, text) => expect(inUnits(bytes)).toBe(text));
});
