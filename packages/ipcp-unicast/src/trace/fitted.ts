import { DESCENT_RANKS, DESCENT_ROOM, layerBelowLength, type LayerBelow } from '@ouroboros/wire';

/** As much of it as an answer holds: first the lowest ranks are left out, then the far end of the way. */
export function fitted(below: LayerBelow): LayerBelow {
  for (let ranks = DESCENT_RANKS; ranks > 0; ranks -= 1) {
    const short = cutBelow(below, ranks);
    if (fits(short)) return short;
  }
  let steps = cutBelow(below, 1).steps;
  while (steps.length > 0 && !fits({ ...below, cut: true, steps })) steps = steps.slice(0, -1);
  return { ...below, cut: true, steps };
}

/** The layer and so many ranks less one below it. */
function cutBelow(layer: LayerBelow, ranks: number): LayerBelow {
  const steps = layer.steps.map((step) => ({
    ...step,
    below: step.below && ranks > 1 ? cutBelow(step.below, ranks - 1) : null,
  }));
  return { ...layer, cut: layer.cut || (ranks === 1 && layer.steps.some(({ below }) => below !== null)), steps };
}

const fits = (below: LayerBelow): boolean => layerBelowLength(below) <= DESCENT_ROOM;
