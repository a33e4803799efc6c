/** How a process is. */
export interface Vitals {
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Since its start, user and system. */
  readonly cpuSeconds: number;
  /** The next two are of the time since they were last asked for; null when asked for the first time. */
  readonly eventLoop: {
    /** Busy share, 0 to 1. */
    readonly utilization: number;
    /** Quantile, 0 to 1, as text → seconds that the loop ran late. */
    readonly delaySeconds: Readonly<Record<string, number>>;
  } | null;
}

/** Looks at this process. The first look begins to watch the event loop, which costs a timer. */
export type VitalSigns = () => Vitals;
