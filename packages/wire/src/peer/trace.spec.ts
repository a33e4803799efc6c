import { fromHex } from '@ouroboros/model';
import { expectGolden, reasonOf } from '../../test/golden.js';
import { TRACE_MAX, decodeTrace, encodeTrace, type Trace } from './trace.js';

const golden = (hex: string, value: Trace): void => expectGolden(hex, value, decodeTrace, encodeTrace);

const QUESTION = '0801 10 9502 1a09 088d18 10818404 1802';
const HOP = { next: 66049, lowerLayer: 'udp', longest: 1400, waiting: 3, linkCube: 0 } as const;

describe('a trace', () => {
  it('asks for the way to an address', () => {
    golden(QUESTION, { kind: 'question', number: 277n, asker: 3085, target: 66049, cube: 2 });
  });

  it('answers with a name, and how packets leave', () => {
    golden('0801 10 9502 221b 0a056e65742e62 1210 08818404 1203756470 18f80a 2003 2800 1801', {
      ...{ kind: 'answer', number: 277n, name: 'net.b', hop: HOP, tells: true },
    });
    const end = { kind: 'answer', number: 277n, name: 'net.b', hop: undefined, tells: false } as const;
    golden('0801 10 9502 2209 0a056e65742e62 1800', end);
    expect(decodeTrace(fromHex('080110950222070a056e65742e62'))).toEqual({ ok: true, value: end });
  });

  it.each([
    ['bad-value version', QUESTION.replace('0801', '0802')],
    ['bad-value cube', QUESTION.replace('1802', '1803')],
    ['bad-value question', '0801 10 9502'],
    ['bad-value question', `${QUESTION} 2207 0a056e65742e62`],
    ['bad-value linkCube', '0801 10 9502 2219 0a056e65742e62 1210 08818404 1203756470 18f80a 2003 2809'],
    ['missing-field number', '0801'],
  ])('is refused: %s', (reason, hex) => {
    expect(reasonOf(decodeTrace(fromHex(hex)))).toBe(reason);
  });

  it('is refused when it is too long', () => {
    expect(reasonOf(decodeTrace(new Uint8Array(TRACE_MAX + 1)))).toBe('too-long');
    expect(() =>
      encodeTrace({ kind: 'answer', number: 1n, name: 'x'.repeat(700), hop: undefined, tells: false }),
    ).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
  });
});
