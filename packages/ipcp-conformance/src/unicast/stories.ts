import type { SeedStory } from './seeds.js';

/** Ten nodes, members of ours. */
export const TEN: SeedStory = {
  network: { size: 10, extraLinks: 6 },
  troubles: { forMs: 10_000, longestCutMs: 6_000, lastingCut: true },
  routesWithinMs: 2_000,
  namesWithinMs: 30_000,
};

/** As TEN, with loop-free alternates, whose first next hops are those of the shortest paths. */
export const TEN_WITH_LFA: SeedStory = { ...TEN, network: { ...TEN.network, config: { routing: 'lfa' } } };

/** As TEN, with cuts that outlast the peer time-out of flows, so that all of them are made anew. */
export const TEN_LONG_CUTS: SeedStory = {
  ...TEN,
  troubles: { forMs: 200_000, longestCutMs: 180_000, lastingCut: true },
};

/**
 * Ten members that behave as C. They notice a cut cable after 120 s only, so none stays cut; what they cannot withdraw ages out
 * in 60 s.
 */
export const TEN_AS_C: SeedStory = {
  ...TEN,
  troubles: { ...TEN.troubles, lastingCut: false },
  routesWithinMs: 80_000,
  namesWithinMs: 110_000,
};

/** A hundred nodes, each of which asks for some names. */
export const HUNDRED: SeedStory = {
  network: { size: 100, extraLinks: 60 },
  troubles: { forMs: 5_000, longestCutMs: 3_000, lastingCut: true },
  routesWithinMs: 2_000,
  namesWithinMs: 30_000,
  namesPerNode: 10,
};
