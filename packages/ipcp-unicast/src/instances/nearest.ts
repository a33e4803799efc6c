import type { Address } from '@ouroboros/model';
import type { Instance, Spread, SpreadPolicy } from './spread.js';

/** One of those with the fewest hops, by chance. */
class Nearest implements Spread {
  constructor(private readonly random32: () => number) {}

  choose(_key: string, instances: readonly Instance[]): Address {
    const least = Math.min(...instances.map(({ hops }) => hops));
    const nearest = instances.filter(({ hops }) => hops === least);
    return nearest[this.random32() % nearest.length]!.address;
  }
}

export const nearestSpread: SpreadPolicy = { name: 'nearest', create: (random32) => new Nearest(random32) };
