import type { ChildProcess } from 'node:child_process';

const STEP_MS = 50;

/** Resolves when a program prints what matches; rejects when it ends first, or after `limitMs`. Its output must be a pipe. */
export function says(child: ChildProcess, pattern: RegExp, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const look = (data: Buffer): void => {
      printed += data.toString();
      if (pattern.test(printed)) settle(resolve);
    };
    const fail = (why: string): void =>
      settle(() => reject(new Error(`${child.spawnargs.join(' ')}: ${why} before ${pattern}\n${printed}`.trim())));
    const timer = setTimeout(() => fail(`${limitMs} ms went by`), limitMs);
    const over = (): void => fail('it ended');
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      child.off('close', over).off('error', over);
      for (const stream of [child.stdout, child.stderr]) stream?.off('data', look).resume();
      outcome();
    };
    child.once('close', over).once('error', over);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', look);
  });
}

/** Tries again until it succeeds; rejects with its last failure after `limitMs`, or when there is no `hope` any more. */
export async function succeeds<T>(action: () => Promise<T>, limitMs: number, hope = (): boolean => true): Promise<T> {
  const limit = performance.now() + limitMs;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (performance.now() > limit || !hope()) throw error;
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
  }
}
