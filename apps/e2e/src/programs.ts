import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** Where `npx NAME` finds programs. */
export const BIN = join(__dirname, '..', '..', '..', 'node_modules', '.bin');

/** Each node has its own certificates: none of them sees those of the machine. */
export const confDirOf = (runtimeDir: string): string => join(runtimeDir, 'conf');

const BUNDLES = join(__dirname, '..', 'bundle');

/** Programs of this folder are not for `npx`. */
function pathOf(name: string): string {
  const path = [join(BIN, name), join(BUNDLES, `${name}.cjs`)].find((candidate) => existsSync(candidate));
  if (!path) throw new Error(`there is no program ${name}: npm ci and npm run build come first`);
  return path;
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From start to end, in ms. */
  readonly tookMs: number;
}

export interface ProgramOptions {
  /** User and group to run as; only root may give another one than its own. */
  readonly uid?: number;
  /** File to read as standard input. Default: there is none. */
  readonly stdin?: string;
  /** Words of a command that runs the program, such as `ip netns exec host1`. */
  readonly within?: readonly string[];
  /** File to write standard output to. Default: it is kept here. */
  readonly stdout?: string;
}

/** A program of this workspace that runs; its output is kept. */
export class Program {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly waiters = new Set<() => void>();
  readonly ended: Promise<Ran>;

  constructor(name: string, args: readonly string[], runtimeDir: string, options: ProgramOptions = {}) {
    const { uid, within = [] } = options;
    const program = pathOf(name);
    const startedAt = performance.now();
    const PATH = `${BIN}:${process.env['PATH'] ?? ''}`;
    const stdin = options.stdin === undefined ? 'ignore' : openSync(options.stdin, 'r');
    const stdout = options.stdout === undefined ? 'pipe' : openSync(options.stdout, 'w');
    const [command, ...words] = [...within, process.execPath, program, ...args];
    this.child = spawn(command!, words, {
      stdio: [stdin, stdout, 'pipe'],
      env: {
        HOME: process.env['HOME'],
        PATH,
        OUROBOROS_RUNTIME_DIR: runtimeDir,
        OUROBOROS_CONF_DIR: confDirOf(runtimeDir),
      },
      ...(uid !== undefined && { uid, gid: uid }),
    });
    for (const file of [stdin, stdout]) if (typeof file === 'number') closeSync(file);
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        this[stream] += text;
        for (const look of this.waiters) look();
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.once('close', (status) => {
        resolve({ status, stdout: this.stdout, stderr: this.stderr, tookMs: performance.now() - startedAt });
        for (const look of this.waiters) look();
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): Promise<Ran> {
    this.signal(signal);
    return this.ended;
  }

  /** Sends a signal that does not end the program. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when the output matches; rejects when the program ends first, or after `limitMs`. */
  says(pattern: RegExp, limitMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        clearTimeout(timer);
        this.waiters.delete(look);
        outcome();
      };
      const fail = (why: string): void =>
        settle(() => reject(new Error(`${why} before ${pattern}:\n${this.stdout}\n${this.stderr}`)));
      const look = (): void => {
        if (pattern.test(this.stdout) || pattern.test(this.stderr)) settle(resolve);
        else if (!this.running) fail('the program ended');
      };
      const timer = setTimeout(() => fail(`${limitMs} ms went by`), limitMs);
      this.waiters.add(look);
      look();
    });
  }
}
