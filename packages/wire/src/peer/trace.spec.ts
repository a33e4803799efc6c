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
    golden('0801 10 9502 2219 0a056e65742e62 1210 08818404 1203756470 18f80a 2003 2800', {
      ...{ kind: 'answer', number: 277n, name: 'net.b', hop: HOP },
    });
    golden('0801 10 9502 2207 0a056e65742e62', {
      ...{ kind: 'answer', number: 277n, name: 'net.b', hop: undefined },
    });
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
    expect(() => encodeTrace({ kind: 'answer', number: 1n, name: 'x'.repeat(700), hop: undefined })).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }),
    );
  });
});
