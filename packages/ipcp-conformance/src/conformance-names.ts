/**
 * Names that the suite serves. A layer that finds names by its configuration must know them all at the last host; `unknown` is
 * not among them.
 */
export const CONFORMANCE_NAMES = [
  'both-ways',
  'withdrawn',
  'many',
  'nobody',
  'ended',
  'killed',
  'flooded',
  'beside',
  'restarted',
  'last',
] as const;

export type ConformanceName = (typeof CONFORMANCE_NAMES)[number];
