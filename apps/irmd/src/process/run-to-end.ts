import { spawn } from 'node:child_process';

/** How a program ended, and what it printed. */
export interface RunOutcome {
  /** Exit status, or null when it was killed. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that takes longer is killed, in ms. */
const LONGEST_RUN_MS = 15_000;
/** Longer output is cut off, in bytes; a megabyte is more than anyone reads. */
const LONGEST_OUTPUT = 1 << 20;

/** Runs a program with `input` as its standard input. Rejects when it cannot be started. */
export function runToEnd(command: string, args: readonly string[], input: string): Promise<RunOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe', timeout: LONGEST_RUN_MS, killSignal: 'SIGKILL' });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        if (output[stream].length < LONGEST_OUTPUT) output[stream] += text;
      });
    }
    // A program that ends without reading its input says so by its exit status.
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...output }));
    child.stdin.end(input);
  });
}
