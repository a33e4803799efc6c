import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { end, isRunning, type Host } from '../../hosts/index.js';
import type { ProcessMemory } from '../contender.js';
import { says, succeeds } from '../readiness.js';
import { ussBytes } from '../uss.js';

const START_LIMIT_MS = 5000;
/** Enrolling and connecting take C a second or two; now and then it leaves a request unanswered. */
const IRM_LIMIT_MS = 10_000;
/** A process can be bound to a name once it has told irmd of itself. */
const BIND_LIMIT_MS = 3000;

/** A node of Ouroboros C: its irmd, with mounts of its own for what C keeps at fixed places. */
export class CNode {
  private constructor(
    readonly host: Host,
    private readonly prefix: string,
    private readonly irmd: ChildProcess,
  ) {}

  /** `hostsFile`: where it finds names over UDP. */
  static async start(host: Host, prefix: string, hostsFile: string): Promise<CNode> {
    const script = [
      // First, as one of the others may hide it.
      `mount --bind ${hostsFile} /etc/hosts`,
      'mount -t tmpfs tmpfs /dev/shm',
      'mount -t tmpfs tmpfs "$(readlink -f /var/run)"',
      'mkdir /var/run/ouroboros',
      `exec ${join(prefix, 'sbin', 'irmd')} --stdout`,
    ].join(' && ');
    const argv = ['unshare', '--mount', 'env', library(prefix), 'sh', '-c', script];
    const irmd = host.spawn(argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    await says(irmd, /daemon started/, START_LIMIT_MS);
    return new CNode(host, prefix, irmd);
  }

  get running(): boolean {
    return isRunning(this.irmd);
  }

  irm(...words: readonly string[]): Promise<string> {
    return this.run([join(this.prefix, 'sbin', 'irm'), ...words], IRM_LIMIT_MS);
  }

  /** What one of C's tools, or another program that uses its library, prints. */
  run(argv: readonly string[], limitMs: number): Promise<string> {
    return this.host.run(this.within(argv), limitMs);
  }

  tool(name: string): string {
    return join(this.prefix, 'bin', name);
  }

  /** Starts a program that uses C's library. */
  start(argv: readonly string[]): ChildProcess {
    return this.host.spawn(this.within(argv), { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Lets a program that has been started serve a name. */
  async bind(server: ChildProcess, name: string): Promise<void> {
    await succeeds(() => this.irm('bind', 'process', String(server.pid), 'name', name), BIND_LIMIT_MS);
  }

  memory(): ProcessMemory[] {
    return [this.irmd.pid!, ...this.children()].map((pid) => {
      const process = `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} at ${this.host.name}`;
      return { process, ussBytes: ussBytes(pid) };
    });
  }

  /** Its irmd ends its IPCPs, unless they hang. */
  async stop(): Promise<void> {
    const ipcps = this.children();
    await end(this.irmd);
    for (const pid of ipcps.filter((pid) => existsSync(`/proc/${pid}`))) process.kill(pid, 'SIGKILL');
  }

  /** Each of its threads has children of its own. */
  private children(): number[] {
    const threads = `/proc/${this.irmd.pid}/task`;
    if (!existsSync(threads)) return [];
    const lists = readdirSync(threads).map((thread) => readFileSync(join(threads, thread, 'children'), 'latin1'));
    return lists.join('').split(' ').filter(Boolean).map(Number);
  }

  private within(argv: readonly string[]): string[] {
    return ['nsenter', `--mount=/proc/${this.irmd.pid}/ns/mnt`, 'env', library(this.prefix), ...argv];
  }
}

const library = (prefix: string): string => `LD_LIBRARY_PATH=${join(prefix, 'lib')}`;
