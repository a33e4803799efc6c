import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIrm } from '@ouroboros/irm/node';
import type { Irm } from '@ouroboros/irm';
import { Program, type ProgramOptions, type Ran } from './programs.js';

/** One node of real daemons in a runtime directory of its own. */
export class OneNode {
  readonly dir = mkdtempSync(join(tmpdir(), 'oro-'));
  readonly irm: Irm = openIrm({ runtimeDir: this.dir });
  private readonly programs: Program[] = [];
  private daemon: Program | undefined;

  get irmd(): Program {
    if (!this.daemon) throw new Error('no irmd was started');
    return this.daemon;
  }

  /** Starts irmd, with this text as its configuration, and waits until all of it is applied. */
  async up(configuration?: string, ...options: string[]): Promise<void> {
    const config = configuration === undefined ? [] : ['--config', this.writeConfig(configuration)];
    this.daemon = this.start('irmd', ...config, ...options);
    await this.daemon.says(/"irmd started"/);
    await this.irm.waitReady({ timeoutMs: 10_000 });
  }

  writeConfig(text: string): string {
    const path = join(this.dir, 'irmd.toml');
    writeFileSync(path, text);
    return path;
  }

  /** Starts a program on this node. */
  start(name: string, ...args: string[]): Program {
    const program = new Program(name, args, this.dir);
    this.programs.push(program);
    return program;
  }

  /** As `start`, by another user; needs root. */
  startAs(uid: number, name: string, ...args: string[]): Program {
    return this.startWith({ uid }, name, ...args);
  }

  startWith(options: ProgramOptions, name: string, ...args: string[]): Program {
    const program = new Program(name, args, this.dir, options);
    this.programs.push(program);
    return program;
  }

  run(name: string, ...args: string[]): Promise<Ran> {
    return this.start(name, ...args).ended;
  }

  /** `irm` with these words; throws unless it succeeds. */
  async irmOk(...words: string[]): Promise<string> {
    const ran = await this.run('irm', ...words);
    if (ran.status !== 0) throw new Error(`irm ${words.join(' ')}: exit status ${ran.status}\n${ran.stderr}`);
    return ran.stdout;
  }

  /** An oping server that serves `name` on its own binding. */
  async serve(name: string): Promise<Program> {
    const server = this.start('oping', '-l');
    await server.says(/server started/);
    await this.irm.bindProcess(server.pid, name);
    return server;
  }

  /** Pids of all processes of this node, by the runtime directory in their environment. */
  processes(): number[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => environment(pid).includes(`OUROBOROS_RUNTIME_DIR=${this.dir}`));
  }

  /** Everything in the runtime directory but logs, the configuration and certificates. */
  files(): string[] {
    return readdirSync(this.dir)
      .filter((name) => !['log', 'irmd.toml', 'conf'].includes(name))
      .sort();
  }

  logOf(name: string): string {
    return readFileSync(join(this.dir, 'log', `${name}.log`), 'utf8');
  }

  /** Stops irmd as an operator does. */
  async down(): Promise<Ran> {
    return this.irmd.kill('SIGTERM');
  }

  /** After each spec, however it ended. */
  async destroy(): Promise<void> {
    this.irm.close();
    for (const pid of this.processes()) kill(pid);
    await Promise.all(this.programs.map((program) => program.ended));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** How many descriptors a process has open. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

export const alive = (pid: number): boolean => {
  const state = /\) (.)/.exec(readProc(pid, 'stat'))?.[1];
  return state !== undefined && state !== 'Z' && state !== 'X';
};

/** Asks again each few milliseconds until `ask` answers true; throws after `limitMs`. Answers how long it took, in ms. */
export async function until(what: string, ask: () => boolean | Promise<boolean>, limitMs = 5_000): Promise<number> {
  const startedAt = performance.now();
  while (!(await ask())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - startedAt;
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

const environment = (pid: number): string[] => (alive(pid) ? readProc(pid, 'environ').split('\0') : []);

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === undefined) throw thrown;
    return '';
  }
}
