import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

/** nobody, and its group, on every Linux. */
export const NOBODY = 65_534;
export const isRoot = process.getuid?.() === 0;

/** How a command runs that is no part of this workspace: nothing of the environment of the tests is in its. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Words before the command. */
  readonly within?: readonly string[];
  /** Standard input. */
  readonly input?: string;
}

/** As nobody where the tests run as root, else as who runs them. */
const asUser = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

export function run({ cwd, env, within = [], input }: Surroundings, ...command: string[]) {
  const [program, ...args] = [...within, ...command];
  return spawnSync(program!, args, { cwd, env, input, encoding: 'utf8', ...(within.length === 0 && asUser) });
}

/** A process that goes on until it is stopped; its output goes to a file. */
export class Running {
  private readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(
    { cwd, env, within = [] }: Surroundings,
    private readonly log: string,
    ...command: readonly string[]
  ) {
    const [program, ...args] = [...within, ...command];
    const fd = openSync(log, 'a');
    this.child = spawn(program!, args, {
      cwd,
      env,
      stdio: ['ignore', fd, fd],
      ...(within.length === 0 && asUser),
    });
    closeSync(fd);
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
  }

  get pid(): number {
    return this.child.pid!;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get output(): string {
    return readFileSync(this.log, 'utf8');
  }

  /** Its exit status; null when the signal ended it. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** Pids of all that runs with this variable in its environment. */
export const runningWith = (name: string, value: string): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && environmentOf(entry).includes(`${name}=${value}`))
    .map(Number);

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // It has ended meanwhile, or is another user's.
  }
}
