import type { Writable } from 'node:stream';
import { progressLine } from './lines.js';
import type { TransferCount } from './transfer.js';

const PERIOD_MS = 1000;

/** Shows a count each second, in one line of a terminal, else in lines; answers what ends it, with the rate of the whole. */
export function showProgress(count: TransferCount, target: Writable & { isTTY?: boolean }): () => void {
  const [before, after] = target.isTTY ? ['\r', '\x1b[K'] : ['', '\n'];
  const show = (since: TransferCount, ms: number): boolean =>
    target.write(`${before}${progressLine(count, since, ms)}${after}`);
  const startedAt = performance.now();
  let last = { ...count, at: startedAt };
  const timer = setInterval(() => {
    const now = performance.now();
    show(last, now - last.at);
    last = { ...count, at: now };
  }, PERIOD_MS);
  return () => {
    clearInterval(timer);
    show({ sent: 0, received: 0 }, Math.max(1, performance.now() - startedAt));
    if (target.isTTY) target.write('\n');
  };
}
