import { performance } from 'node:perf_hooks';
import type { Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';

/** Longest delay that setTimeout takes, in ms; longer ones are waited for in pieces. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * The clock of a real process: monotonic time from `performance.now`, which allocates nothing (imported, as the global one
 * is a getter that costs a quarter more), callbacks from setTimeout. A callback comes at or
 * after its time, never before (setTimeout alone may be up to 1 ms early); its resolution is 1 ms. A pending callback
 * keeps the process alive.
 */
export class NodeClock implements Clock {
  now(): Micros {
    return Math.floor(performance.now() * 1000) as Micros;
  }

  wallNanos(): bigint {
    return BigInt(Date.now()) * 1_000_000n;
  }

  at(at: Micros, callback: () => void): () => void {
    if (!Number.isFinite(at)) throw new Error(`not a time: ${at}`);
    let timer: NodeJS.Timeout | undefined;
    let immediate: NodeJS.Immediate | undefined;
    const arm = (): void => {
      const leftMs = Math.ceil((at - this.now()) / 1000);
      if (leftMs <= 0) immediate = setImmediate(callback);
      else timer = setTimeout(check, Math.min(leftMs, MAX_TIMEOUT_MS));
    };
    const check = (): void => {
      if (this.now() >= at) callback();
      else arm();
    };
    arm();
    return () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
  }
}
