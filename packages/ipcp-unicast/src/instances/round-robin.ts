import type { Address } from '@ouroboros/model';
import type { Instance, Spread, SpreadPolicy } from './spread.js';

/** Names whose turn is remembered. */
const MAX_NAMES = 1024;

/**
 * Each in its turn, in ascending order of address. What is remembered is who was asked last, so that members can come and go; one
 * that is asked in place of another that failed has had its turn too.
 */
class RoundRobin implements Spread {
  private readonly last = new Map<string, Address>();

  choose(key: string, instances: readonly Instance[]): Address {
    const inOrder = instances.map(({ address }) => address).sort((a, b) => a - b);
    const last = this.last.get(key) ?? 0;
    const chosen = inOrder.find((address) => address > last) ?? inOrder[0]!;
    if (this.last.size >= MAX_NAMES && !this.last.has(key)) this.last.clear();
    this.last.set(key, chosen);
    return chosen;
  }
}

export const roundRobinSpread: SpreadPolicy = { name: 'round-robin', create: () => new RoundRobin() };
