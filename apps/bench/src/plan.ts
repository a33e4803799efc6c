/** How long and how often is measured. */
export interface Plan {
  /** Payload sizes in bytes. */
  readonly sizes: readonly number[];
  /** Round trips and packets before each measurement, for which nothing is counted. */
  readonly warmUpMs: number;
  /** Round trips one right after the other. */
  readonly awakeMs: number;
  /** Round trips with `idlePauseMs` before each, so that every process on the way has gone to sleep. */
  readonly idleCount: number;
  readonly idlePauseMs: number;
  /** Packets one way, as fast as the flow takes them. */
  readonly oneWayMs: number;
}

export const QUICK: Plan = {
  sizes: [64, 1400],
  warmUpMs: 300,
  awakeMs: 1000,
  idleCount: 60,
  idlePauseMs: 15,
  oneWayMs: 1500,
};

export const LONG: Plan = { ...QUICK, warmUpMs: 1000, awakeMs: 5000, idleCount: 500, oneWayMs: 5000 };
