import { fromHex } from '@ouroboros/model';
import { expectGolden, reasonOf } from '../../test/golden.js';
import { DESCENT_MAX, DESCENT_RANKS, decodeDescent, encodeDescent, type Descent, type LayerBelow } from './descent.js';

const golden = (hex: string, value: Descent): void => expectGolden(hex, value, decodeDescent, encodeDescent);

const QUESTION = '0801 10 9502 1a0e 088d18 10818404 1802 2003 28e807';
const layer = (below: LayerBelow | null): LayerBelow => ({
  ...{ layer: 'mid', type: 'unicast', authenticated: true, cut: false },
  steps: [
    {
      ...{ address: 3085, name: 'mid.b', roundTripMs: 0.25, below },
      hop: { next: 66049, lowerLayer: 'udp', longest: 1400, waiting: 3, linkCube: 0 },
    },
  ],
});
const nested = (ranks: number): LayerBelow => layer(ranks === 1 ? null : nested(ranks - 1));
const answer = (below: LayerBelow | null): Descent => ({ kind: 'answer', number: 277n, below });

describe('a descent', () => {
  it('asks what the link to a neighbour is made of', () => {
    golden(QUESTION, {
      ...{ kind: 'question', number: 277n, asker: 3085, neighbor: 66049, cube: 2, ranks: 3, patienceMs: 1000 },
    });
  });

  it('answers with the way through the layer below, or not', () => {
    golden('0801 10 9502 2200', answer(null));
    const step = '08 8d18 12 05 6d69642e62 18 fa01 22 10 08818404 1203756470 18f80a 2003 2800';
    const udp = '0a03756470 12 04 75647034 1800 2001';
    const mid = `0a036d6964 12 07 756e6963617374 1801 2000 2a 30 ${step} 2a 0f ${udp}`;
    const below = { layer: 'udp', type: 'udp4', authenticated: false, cut: true, steps: [] };
    golden(`0801 10 9502 22 46 0a 44 ${mid}`, answer(layer(below)));
  });

  it.each([
    ['bad-value version', QUESTION.replace('0801', '0802')],
    ['bad-value cube', QUESTION.replace('1802', '1803')],
    ['bad-value ranks', QUESTION.replace('2003', '2000')],
    ['bad-value ranks', QUESTION.replace('2003', '2009')],
    ['bad-value patienceMs', QUESTION.replace('28e807', '28e87f')],
    ['bad-value question', '0801 10 9502'],
    ['bad-value question', `${QUESTION} 2200`],
    ['malformed', '0801 10 9502 22 03 0a 01 ff'],
    ['missing-field number', '0801'],
  ])('is refused: %s', (reason, hex) => {
    expect(reasonOf(decodeDescent(fromHex(hex)))).toBe(reason);
  });

  it('is refused when it is too long or too deep', () => {
    expect(reasonOf(decodeDescent(new Uint8Array(DESCENT_MAX + 1)))).toBe('too-long');
    const most = answer(nested(DESCENT_RANKS));
    expect(decodeDescent(encodeDescent(most))).toEqual({ ok: true, value: most });
    expect(reasonOf(decodeDescent(encodeDescent(answer(nested(DESCENT_RANKS + 1)))))).toBe('bad-value below');
    expect(() => encodeDescent(answer(nested(40)))).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
  });
});
