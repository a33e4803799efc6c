import { configSchema, decimal, integer } from '@ouroboros/ipcp-kit';

/** What happens to datagrams that this member sends. */
export const troublesConfig = configSchema({
  /** Percent of datagrams that are lost. */
  loss: decimal({ min: 0, max: 100, default: 0, unit: 'percent' }),
  /** Percent that are sent twice. */
  duplicate: decimal({ min: 0, max: 100, default: 0, unit: 'percent' }),
  /** Percent that are held back so long that later ones overtake them. */
  reorder: decimal({ min: 0, max: 100, default: 0, unit: 'percent' }),
  delay_ms: integer({ min: 0, max: 60_000, default: 0, unit: 'ms' }),
  /** Each datagram is delayed by up to so much more. */
  jitter_ms: integer({ min: 0, max: 60_000, default: 0, unit: 'ms' }),
  /** Shaped rate; 0 = none. While 10 ms wait, writers are held back. */
  rate_kbps: integer({ min: 0, max: 100_000_000, default: 0, unit: 'kbit/s' }),
  /** The same seed gives the same course. */
  seed: integer({ min: 0, max: 0xffffffff, default: 1 }),
});

export type Troubles = ReturnType<typeof troublesConfig.parse>;

export const TROUBLE_KEYS = ['loss', 'duplicate', 'reorder', 'delay_ms', 'jitter_ms', 'rate_kbps', 'seed'] as const;
