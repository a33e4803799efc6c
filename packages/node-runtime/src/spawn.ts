import { spawn } from 'node:child_process';
import { OuroborosError } from '@ouroboros/model';

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child; default: ours. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** File descriptor for the child's stdout and stderr; default: our own stdout and stderr; null: nowhere. */
  readonly logFd?: number | null;
}

export interface ProcessExit {
  /** Exit status, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildHandle {
  readonly pid: number;
  /** Resolves when the child has ended and was reaped. */
  readonly exit: Promise<ProcessExit>;
  /** False when the child has ended already; its number is then never signalled. */
  kill(signal: NodeJS.Signals): boolean;
}

/**
 * Starts a program in a session of its own, so that signals of our terminal don't reach it and it outlives us, while we
 * reap it as long as we live. ENOENT, EACCES (field `command`), EAGAIN.
 */
export function spawnChild(options: SpawnOptions): Promise<ChildHandle> {
  const { command, args, env = process.env, cwd, logFd } = options;
  const output = logFd === null ? 'ignore' : (logFd ?? 'inherit');
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env, cwd, detached: true, stdio: ['ignore', output, output] });
    const exit = new Promise<ProcessExit>((ended) => child.once('exit', (code, signal) => ended({ code, signal })));
    child.on('error', (error) => reject(spawnError(command, error)));
    child.once('spawn', () => resolve({ pid: child.pid ?? 0, exit, kill: (signal) => child.kill(signal) }));
  });
}

function spawnError(command: string, cause: NodeJS.ErrnoException): OuroborosError {
  if (cause.code === 'ENOENT')
    return new OuroborosError('ENOENT', `no such program: ${command}`, { field: 'command', cause });
  if (cause.code === 'EACCES')
    return new OuroborosError('EACCES', `not a program that may be run: ${command}`, { field: 'command', cause });
  return new OuroborosError('EAGAIN', `cannot start ${command}: ${cause.message}`, { field: 'command', cause });
}
