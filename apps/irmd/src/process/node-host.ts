import { closeSync } from 'node:fs';
import { basename } from 'node:path';
import { OuroborosError, type JsonObject } from '@ouroboros/model';
import { TRACES_VARIABLE, spawnChild, type ChildHandle, type ProcessExit } from '@ouroboros/node-runtime';
import type { IpcpTypeInfo, Logger } from '@ouroboros/ports';
import type { RegistryHost } from '@ouroboros/registry';
import {
  findExecutable,
  findIpcpProgram,
  isFile,
  programPath,
  type ProgramPlaces,
  type Runnable,
} from './find-program.js';
import { describeProgram } from './describe-program.js';
import { openLogFile } from './log-files.js';
import { signalProcess } from './signal-process.js';
import type { StartedPrograms } from './started-programs.js';
import type { StateFile } from './state-file.js';

/** As in the first line of our own programs: one thread besides the first for V8, as each keeps memory of its own. */
const NODE_OPTIONS_OF_IPCPS: readonly string[] = ['--v8-pool-size=1'];

/** One heap of the C library (glibc) for all threads of an IPCP, which are few: each further one keeps half a megabyte. */
const ENVIRONMENT_OF_IPCPS = { MALLOC_ARENA_MAX: '1' };

const STDOUT = 1;

export interface NodeHostOptions {
  readonly runtimeDir: string;
  /** Children write to our standard output instead of to files. */
  readonly toStdout: boolean;
  readonly logger: Logger;
  readonly state: StateFile;
  readonly programs: StartedPrograms;
  /** Asked at each search, since SIGHUP may change it. */
  readonly places: () => ProgramPlaces;
  /** `OUROBOROS_LOG` of IPCPs. */
  readonly logLevel: () => string;
  /** Where traces of IPCPs go; empty = nowhere. */
  readonly traces: string;
  /** A child has ended and was reaped. */
  readonly onExit: (pid: number, exit: ProcessExit) => void;
}

/** The registry's host on a real machine: IPCPs and programs as processes, state in a file. */
export class NodeHost implements RegistryHost {
  private readonly children = new Map<number, ChildHandle>();

  constructor(private readonly options: NodeHostOptions) {}

  async spawnIpcp(name: string, type: string): Promise<number> {
    const program = findIpcpProgram(type, this.options.places());
    const [command, args] = commandOf(program, ['--name', name]);
    const env = {
      ...ENVIRONMENT_OF_IPCPS,
      ...process.env,
      OUROBOROS_RUNTIME_DIR: this.options.runtimeDir,
      OUROBOROS_LOG: this.options.logLevel(),
      [TRACES_VARIABLE]: this.options.traces,
    };
    return this.spawn(command, args, env, name);
  }

  describeIpcp(type: string): Promise<IpcpTypeInfo> {
    return describeProgram(type, this.options.places());
  }

  /** The environment is clean: programs that irmd starts must not depend on who started irmd. */
  async spawnProgram(path: string, args: readonly string[]): Promise<number> {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, OUROBOROS_RUNTIME_DIR: this.options.runtimeDir };
    const pid = await this.spawn(path, args, env, basename(path));
    this.options.programs.started(pid);
    return pid;
  }

  /** Our children are signalled through their handle, which knows when a pid is theirs no more. */
  kill(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
    const child = this.children.get(pid);
    if (child) child.kill(signal);
    else signalProcess(pid, signal);
  }

  /** Kills all children at once. */
  killChildren(): void {
    for (const child of this.children.values()) child.kill('SIGKILL');
  }

  async persist(state: JsonObject): Promise<void> {
    await this.options.state.write(state);
  }

  async resolveProgram(program: string): Promise<string> {
    const path = findExecutable(program, process.cwd(), programPath(process.env['PATH'], process.argv[1]));
    if (path) return path;
    const code = program.includes('/') && isFile(program) ? 'EPERM' : 'ENOENT';
    const message = code === 'EPERM' ? `${program} cannot be executed` : `no program ${program}`;
    throw new OuroborosError(code, message, { field: 'program' });
  }

  private async spawn(command: string, args: readonly string[], env: NodeJS.ProcessEnv, log: string): Promise<number> {
    const { runtimeDir, toStdout, logger } = this.options;
    const logFd = toStdout ? STDOUT : openLogFile(runtimeDir, log);
    try {
      const child = await spawnChild({ command, args, env, cwd: '/', logFd });
      this.children.set(child.pid, child);
      logger.log('debug', 'process started', { child: child.pid, command, args });
      void child.exit.then((exit) => this.ended(child.pid, exit));
      return child.pid;
    } finally {
      if (logFd !== STDOUT) closeSync(logFd);
    }
  }

  private ended(pid: number, exit: ProcessExit): void {
    this.children.delete(pid);
    this.options.programs.ended(pid);
    this.options.logger.log('debug', 'process ended', { child: pid, ...exit });
    this.options.onExit(pid, exit);
  }
}

/** How a program is run: a Node script by our own node, with options of our choice; anything else as it is. */
export function commandOf(program: Runnable, args: readonly string[]): [string, string[]] {
  if (!program.isNodeScript) return [program.path, [...args]];
  return [process.execPath, [...NODE_OPTIONS_OF_IPCPS, program.path, ...args]];
}
