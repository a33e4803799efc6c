import { nearestSpread } from './nearest.js';
import { roundRobinSpread } from './round-robin.js';
import type { SpreadPolicy } from './spread.js';

/** What a layer's configuration or a name's entry can say; the first is the default. */
export const SPREAD_POLICIES: readonly SpreadPolicy[] = [nearestSpread, roundRobinSpread];
