import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromMs } from '@ouroboros/model';
import { identifyProcess, sameProcessAlive, type ProcessIdentity } from '@ouroboros/node-runtime';
import { sleep, type Clock } from '@ouroboros/ports';
import { errnoOf } from './errno.js';
import { signalProcess } from './signal-process.js';

/** From SIGTERM to SIGKILL. */
const PATIENCE_MS = 5000;
const LOOK_EACH_MS = 20;

/**
 * Programs that were started for a name, by this daemon or by one that was killed: the next daemon ends them at its own
 * end. Kept in `irmd.programs` with the times of their start, so that no other process with the same pid is ever
 * signalled.
 */
export class StartedPrograms {
  private readonly path: string;
  private readonly programs = new Map<number, ProcessIdentity>();

  /** `onUnkept` is told why the file could not be written: a full disk ends no daemon. */
  constructor(
    dir: string,
    private readonly onUnkept: (reason: string) => void,
  ) {
    this.path = join(dir, 'irmd.programs');
    for (const program of readIdentities(this.path)) {
      if (sameProcessAlive(program)) this.programs.set(program.pid, program);
    }
  }

  get pids(): readonly number[] {
    return [...this.programs.keys()];
  }

  started(pid: number): void {
    const identity = identifyProcess(pid);
    if (!identity) return;
    this.programs.set(pid, identity);
    this.keep();
  }

  ended(pid: number): void {
    if (this.programs.delete(pid)) this.keep();
  }

  /** SIGTERM to all that live, SIGKILL to those that do not care; resolves when none lives. */
  async endAll(clock: Clock): Promise<void> {
    this.signalAll('SIGTERM');
    for (let waited = 0; this.anyAlive(); waited += LOOK_EACH_MS) {
      if (waited === PATIENCE_MS) this.killAll();
      await sleep(clock, fromMs(LOOK_EACH_MS));
    }
  }

  killAll(): void {
    this.signalAll('SIGKILL');
  }

  /** Removes the file. */
  forget(): void {
    rmSync(this.path, { force: true });
  }

  private anyAlive(): boolean {
    return [...this.programs.values()].some(sameProcessAlive);
  }

  private signalAll(signal: NodeJS.Signals): void {
    for (const program of this.programs.values()) if (sameProcessAlive(program)) signalProcess(program.pid, signal);
  }

  private keep(): void {
    const lines = [...this.programs.values()].map(({ pid, startTime }) => `${pid} ${startTime}\n`);
    try {
      writeFileSync(`${this.path}.new`, lines.join(''), { mode: 0o600 });
      renameSync(`${this.path}.new`, this.path);
    } catch (thrown) {
      if (errnoOf(thrown) === undefined) throw thrown;
      this.onUnkept(String(thrown));
    }
  }
}

function readIdentities(path: string): ProcessIdentity[] {
  try {
    const lines = readFileSync(path, 'utf8').matchAll(/^(\d+) (\d+)$/gm);
    return [...lines].map(([, pid, startTime]) => ({ pid: Number(pid), startTime: Number(startTime) }));
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
