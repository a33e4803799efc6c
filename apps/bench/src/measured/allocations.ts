import type { Flows } from '@ouroboros/flow/node';
import { percentile } from '../percentile.js';

export interface Allocations {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** With `AT_ONCE` under way. */
  readonly perS: number;
}

const AT_ONCE = 16;

/** Flows one after the other for `seconds`, then several at once for as long. Each is ended before its place is taken by the next. */
export async function allocations(flows: Flows, name: string, seconds: number, warmUpS: number): Promise<Allocations> {
  await severalWorkers(flows, name, performance.now() + warmUpS * 1000);
  const oneByOne = await worker(flows, name, performance.now() + seconds * 1000);
  const start = performance.now();
  const count = await severalWorkers(flows, name, start + seconds * 1000);
  return {
    p50Ms: percentile(oneByOne, 50),
    p99Ms: percentile(oneByOne, 99),
    perS: (count * 1000) / (performance.now() - start),
  };
}

/** Answers how many flows there were. */
async function severalWorkers(flows: Flows, name: string, end: number): Promise<number> {
  const workers = await Promise.all(Array.from({ length: AT_ONCE }, () => worker(flows, name, end)));
  return workers.reduce((sum, { length }) => sum + length, 0);
}

/** Times in ms, without that of the deallocation. */
async function worker(flows: Flows, name: string, end: number): Promise<number[]> {
  const tookMs: number[] = [];
  while (performance.now() < end) {
    const start = performance.now();
    const flow = await flows.alloc(name);
    tookMs.push(performance.now() - start);
    await flow.dealloc();
  }
  return tookMs;
}
