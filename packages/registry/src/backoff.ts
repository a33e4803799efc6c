import type { RegistryLimits } from './options.js';

/** The pause in ms before attempt `attempt` (0 = the first): doubles from the first value up to the cap. */
export const backoffMs = (attempt: number, limits: RegistryLimits): number =>
  Math.min(limits.backoffFirstMs * 2 ** Math.min(attempt, 30), limits.backoffCapMs);
