import fc from 'fast-check';
import { utf8Bytes } from './text.js';

describe('UTF-8', () => {
  it('is what the platform makes of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(0xffff)), (text, units) => {
        for (const one of [text, String.fromCharCode(...units)]) {
          expect([...utf8Bytes(one)]).toEqual([...new TextEncoder().encode(one)]);
        }
      }),
    );
  });
});
