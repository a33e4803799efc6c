import type { CancelSignal } from './cancel.js';
import type { Micros } from '@ouroboros/model';

/** Time. Monotonic for protocols, wall time only where a message carries it. */
export interface Clock {
  /** Monotonic time in microseconds; the origin is arbitrary and differs between processes. */
  now(): Micros;
  /** Nanoseconds since 1970-01-01 UTC. */
  wallNanos(): bigint;
  /** Calls back once, at or after the monotonic time `at`; the result cancels. NEVER is not allowed. */
  at(at: Micros, callback: () => void): () => void;
}

/** Resolves after `delay`; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delay: Micros, signal?: CancelSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      cancel();
      reject(signal!.reason as Error);
    };
    const cancel = clock.at((clock.now() + delay) as Micros, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
