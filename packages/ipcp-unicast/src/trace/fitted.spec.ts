import { DESCENT_ROOM, layerBelowLength, type LayerBelow } from '@ouroboros/wire';
import { fitted } from './fitted.js';

/** A way of `hops` hops, each of which is made of the same, `ranks` deep. */
const layer = (hops: number, ranks: number): LayerBelow => ({
  ...{ layer: `rank${ranks}`, type: 'unicast', authenticated: false, cut: false },
  steps: Array.from({ length: hops + 1 }, (_, i) => ({
    ...{ address: 0x7fffffff, name: `member.${i}`, roundTripMs: 0.123 },
    hop: i === hops ? null : { next: 1, lowerLayer: `rank${ranks - 1}`, longest: 1400, waiting: 0, linkCube: 0 },
    below: i === hops || ranks === 1 ? null : layer(hops, ranks - 1),
  })),
});

const ranksOf = ({ steps }: LayerBelow): number =>
  1 + Math.max(0, ...steps.map(({ below }) => (below ? ranksOf(below) : 0)));

describe('What an answer holds', () => {
  it('is all of it where there is room', () => {
    expect(fitted(layer(2, 3))).toEqual(layer(2, 3));
  });

  it('is as many ranks as there is room for; the lowest are left out, and that is said', () => {
    const short = fitted(layer(2, 6));
    const more = layer(2, ranksOf(short) + 1);
    expect(ranksOf(short)).toBeGreaterThan(1);
    expect(layerBelowLength(short)).toBeLessThanOrEqual(DESCENT_ROOM);
    expect(layerBelowLength(more)).toBeGreaterThan(DESCENT_ROOM);
    expect(JSON.stringify(short)).toContain('"cut":true');
    expect(short.cut).toBe(false);
  });

  it('is the beginning of a way that is too long', () => {
    const short = fitted(layer(60, 2));
    expect(short).toMatchObject({ cut: true, steps: { length: expect.any(Number) } });
    expect(short.steps.length).toBeGreaterThan(10);
    expect(short.steps.length).toBeLessThan(61);
    expect(layerBelowLength(short)).toBeLessThanOrEqual(DESCENT_ROOM);
  });
});
