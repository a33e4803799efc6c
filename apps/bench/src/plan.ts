import type { Lengths } from './rows/row.js';

/** What is measured, how often and for how long. */
export interface Plan {
  readonly title: 'quick' | 'full' | 'guard';
  readonly rounds: number;
  /** A further round begins only where it ends within this, as far as those before tell. */
  readonly limitS: number;
  /** Patterns of ids; none: all. */
  readonly wanted: readonly string[];
  readonly lengths: Lengths;
}

const MEBIBYTE = 2 ** 20;

/** In less than two minutes one figure of each kind, and of contenders what targets name. */
const QUICK: Plan = {
  title: 'quick',
  rounds: 2,
  limitS: 115,
  wanted: [
    'iperf3/64/one-way',
    'iperf3/1400/one-way',
    'nebula/tcp',
    'wireguard-go/tcp',
    'startup/20',
    'daemons',
    'direct/plain/64',
    'unicast/plain/64',
    'unicast/encrypted/1400/one-way',
    'unicast/reliable/1400/one-way',
    'unicast/allocation',
    'unicast/bulk',
    'unicast/oip',
    'line/encrypted/1400/one-way',
  ],
  lengths: {
    oneWayS: 0.8,
    roundTripS: 0.5,
    warmUpS: 0.4,
    roundTripWarmUpS: 1,
    allocationsS: 0.5,
    tcpS: 1,
    idleS: 3,
    overloadS: 10,
    bulkBytes: 64 * MEBIBYTE,
  },
};

const FULL: Plan = {
  title: 'full',
  rounds: 5,
  limitS: Infinity,
  wanted: [],
  lengths: {
    oneWayS: 2,
    roundTripS: 1,
    warmUpS: 1,
    roundTripWarmUpS: 3,
    allocationsS: 2,
    tcpS: 5,
    idleS: 10,
    overloadS: 60,
    bulkBytes: 512 * MEBIBYTE,
  },
};

/** `only` and `rounds` go before what the plan says. */
export function planOf(quick: boolean, only: readonly string[] = [], rounds?: number): Plan {
  const plan = quick ? QUICK : FULL;
  return { ...plan, wanted: only.length > 0 ? only : plan.wanted, rounds: rounds ?? plan.rounds };
}
