import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { end, isRunning, type Host } from '../hosts/index.js';
import type { ProcessMemory } from './contender.js';
import { ussBytes } from './uss.js';

/** The daemons of one contender, and their files in its folder. */
export class Daemons {
  private readonly started: { readonly name: string; readonly child: ChildProcess; readonly log: string }[] = [];

  private readonly leftovers: string[] = [];

  constructor(private readonly folder: string) {}

  /** Starts a daemon, one a host, whose output goes to a file. */
  start(host: Host, argv: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const log = this.path(`${host.name}.log`);
    const out = openSync(log, 'w');
    const child = host.spawn(argv, { stdio: ['ignore', out, out], env: { ...process.env, ...env } });
    closeSync(out);
    this.started.push({ name: `${argv[0]} at ${host.name}`, child, log });
    return child;
  }

  /** Whether all that were started run. */
  get running(): boolean {
    return this.started.every(({ child }) => isRunning(child));
  }

  /** A file elsewhere that a daemon makes, and may leave behind. */
  leaves(path: string): void {
    this.leftovers.push(path);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file that only this user can read; answers its path. */
  write(name: string, text: string): string {
    writeFileSync(this.path(name), text, { mode: 0o600 });
    return this.path(name);
  }

  memory(): ProcessMemory[] {
    return this.started.map(({ name, child }) => ({ process: name, ussBytes: ussBytes(child.pid!) }));
  }

  /** What they have said. */
  logs(): string {
    return this.started.map(({ name, log }) => `${name}: ${readFileSync(log, 'utf8').trim()}`).join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all(this.started.map(({ child }) => end(child)));
    for (const path of this.leftovers) rmSync(path, { force: true });
  }
}
