/**
 * Names that the suite serves at the last host. A layer that finds names by its configuration must know them all there;
 * `unknown` is not among them.
 */
export const SERVED_NAMES = [
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
  'sized',
  'patient',
  'given-up',
  'mute',
  'raced',
  'among-noise',
] as const;

/** The name that it serves at the first host. */
export const RETURN_NAME = 'returned';
