import type { ChildProcess } from 'node:child_process';

/** Characters of what a program said before it failed. */
const LAST_WORDS = 1000;

/** What a program with pipes prints until its end; rejects with what it says of its failure, or when it takes longer than `limitMs` and is killed. */
export function outputOf(child: ChildProcess, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const printed = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => (printed[stream] += text));
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) return resolve(printed.stdout);
      const why = signal ? `ended by ${signal}, ${limitMs} ms at most` : `status ${status}`;
      const words = (printed.stderr || printed.stdout).slice(-LAST_WORDS);
      reject(new Error(`${child.spawnargs.join(' ')}: ${why}\n${words}`.trim()));
    });
  });
}
