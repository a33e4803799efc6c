import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fromMs, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { tryNative } from './native/index.js';

/** A start is over after this, where nothing else is to be done. */
const LOOK = fromMs(5000);
/** Part of a core below which a process is at rest. */
const REST = 0.1;

/**
 * Bytes of bytecode after which V8 looks whether a function is worth being optimized; its default is 67,584. What a daemon does
 * between packets, allocations above all, are few calls a second, which would run unoptimized for long. With less V8 compiles
 * so much that an idle network costs more.
 */
const LOOK_AFTER_BYTES = 20_000;

/** Flags of one collection: what ran only once goes too, and what stays moves together. */
const THOROUGH = ['stress-flush-code', 'compact-on-every-full-gc'];

/**
 * Gives back what the start of a long-lived process took and its rest does not need, about a tenth of its memory: once, at
 * the first look that finds the process at rest, as it takes some 30 ms. Code that was dropped is compiled again when it runs,
 * and optimized sooner than that of a start.
 */
export function settleOnceAtRest(clock: Clock, cpuUsage = process.cpuUsage): void {
  const before = cpuUsage();
  clock.at((clock.now() + LOOK) as Micros, () => {
    const { user, system } = cpuUsage(before);
    if (user + system > LOOK * REST) settleOnceAtRest(clock, cpuUsage);
    else settle();
  });
}

function settle(): void {
  collect();
  tryNative()?.trim();
  setFlagsFromString(`--interrupt-budget=${LOOK_AFTER_BYTES}`);
}

function collect(): void {
  const flags = ['expose-gc', ...THOROUGH];
  for (const flag of flags) setFlagsFromString(`--${flag}`);
  (runInNewContext('gc') as () => void)();
  for (const flag of flags) setFlagsFromString(`--no-${flag}`);
}
