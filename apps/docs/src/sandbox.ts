import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './document.js';

const MARK = 'OUROBOROS_DOC_TEST';
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;

const ONLY_MACHINE = 'n';

/** Words before a command that runs on a machine of this name. */
export type Within = (machine: string) => readonly string[];

export interface Ran {
  readonly status: number | null;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/**
 * Where the commands of one section run: in the root of the workspace, with its programs in the PATH, and with a runtime
 * and a configuration directory of its own, on each machine. What they start in the background goes on until the sandbox is closed.
 */
export class Sandbox {
  private readonly dir = mkdtempSync(join(tmpdir(), 'o7d-'));
  private readonly shells: ChildProcess[] = [];

  /** `root`: of the workspace, or of a copy. */
  constructor(
    private readonly root = ROOT,
    private readonly within: Within = () => [],
  ) {}

  /** Runs commands as a shell script that ends with the first failure. */
  async run(script: string, machine = ONLY_MACHINE): Promise<Ran> {
    const { shell, output } = this.start(script, machine);
    const status = await new Promise<number | null>((resolve) => shell.once('exit', resolve));
    return { status, output: output() };
  }

  /** Runs commands that do not end by themselves; resolves when they have printed `text`. */
  async runUntil(script: string, text: string, machine = ONLY_MACHINE): Promise<void> {
    const { shell, output } = this.start(script, machine);
    const limit = Date.now() + READY_LIMIT_MS;
    while (!output().includes(text)) {
      if (shell.exitCode !== null) throw new Error(`ended with status ${shell.exitCode}:\n${output()}`);
      if (Date.now() > limit) throw new Error(`did not print "${text}" in time:\n${output()}`);
      await pause(50);
    }
  }

  /** Ends what still runs, as an operator would. Answers the command lines of what had to be killed. */
  async close(): Promise<string[]> {
    for (const { pid } of this.shells) signal(-pid!, 'SIGTERM');
    const limit = Date.now() + STOP_LIMIT_MS;
    while (this.living().length > 0 && Date.now() < limit) await pause(50);
    const stubborn = this.living();
    for (const { pid } of stubborn) signal(pid, 'SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
    return stubborn.map(({ command }) => command);
  }

  private start(script: string, machine: string): { shell: ChildProcess; output: () => string } {
    const file = join(this.dir, `output${this.shells.length}`);
    const fd = openSync(file, 'w');
    const words = [...this.within(machine), 'bash', '-eu', '-o', 'pipefail', '-c', script];
    const shell = spawn(words[0]!, words.slice(1), {
      cwd: this.root,
      detached: true,
      env: this.environment(machine),
      stdio: ['ignore', fd, fd],
    });
    closeSync(fd);
    this.shells.push(shell);
    return { shell, output: () => readFileSync(file, 'utf8') };
  }

  private environment(machine: string): NodeJS.ProcessEnv {
    const { HOME, PATH } = process.env;
    return {
      HOME,
      PATH: `${join(this.root, 'node_modules', '.bin')}:${PATH}`,
      TMPDIR: this.dir,
      OUROBOROS_RUNTIME_DIR: join(this.dir, machine),
      OUROBOROS_CONF_DIR: join(this.dir, `conf-${machine}`),
      [MARK]: this.dir,
    };
  }

  /** Everything that was started here and lives, however it was started. */
  private living(): { pid: number; command: string }[] {
    const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
    const ours = pids.filter((pid) => readProc(pid, 'environ').split('\0').includes(`${MARK}=${this.dir}`));
    return ours.map((pid) => ({ pid: Number(pid), command: readProc(pid, 'cmdline').replaceAll('\0', ' ') }));
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends a signal; nothing happens when nobody is there any more. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

/** A file of a process that may be gone, or end while it is read; then empty. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
