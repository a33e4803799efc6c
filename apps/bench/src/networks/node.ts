import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { join } from 'node:path';
import { DemoNode, nodeEnvironment } from '@ouroboros/demo';
import type { Irm } from '@ouroboros/irm';
import type { Host } from '../hosts/index.js';
import type { Watched } from '../measured/cpu-time.js';
import type { Results, Task } from '../measured/task.js';
import type { Place } from './place.js';

/** One node of a network that is measured: irmd on a host, and the processes that serve names there. */
export class BenchNode {
  private readonly servers = new Map<string, ChildProcess>();

  private constructor(
    readonly host: Host,
    private readonly place: Place,
    private readonly demo: DemoNode,
  ) {}

  static async start(host: Host, place: Place): Promise<BenchNode> {
    const plan = {
      name: host.name,
      address: host.address,
      runtimeDir: join(place.folder, host.name),
      within: host.command([]),
      programs: place.tree.programs,
    };
    return new BenchNode(host, place, await DemoNode.start(plan));
  }

  get irm(): Irm {
    return this.demo.irm;
  }

  get runtimeDir(): string {
    return this.demo.plan.runtimeDir;
  }

  /** Starts a process that serves `name`, which is registered in `layer` where one is given. */
  async serve(name: string, encrypted: boolean, layer?: string): Promise<void> {
    const server = this.fork(['--serve', this.runtimeDir]);
    this.servers.set(name, server);
    const { pid } = await this.told<{ pid: number }>(server, `server of ${name}`);
    const encryption = encrypted ? 'require' : 'off';
    await this.irm.createName(name, { security: { encryption }, direct: layer === undefined ? 'allow' : 'deny' });
    await this.irm.bindProcess(pid, name);
    if (layer !== undefined) await this.irm.regName(name, { layers: [layer] });
  }

  /** The process that serves `name`. */
  server(name: string): Watched {
    return { process: 'server', pid: this.servers.get(name)!.pid! };
  }

  /** Runs one task in a process of its own, so that one measurement's garbage and compiled code are not the next one's. */
  async measure<T extends Task>(task: T): Promise<Results[T['kind']]> {
    return this.told(this.fork([JSON.stringify(task)]), `client of ${task.name}`);
  }

  /** irmd and the IPCPs. */
  async daemons(): Promise<Watched[]> {
    const ipcps = await this.irm.listIpcps();
    const named = ipcps.map(({ name, pid }) => ({ process: `${name} (${this.host.name})`, pid }));
    return [{ process: `irmd (${this.host.name})`, pid: this.demo.pid! }, ...named];
  }

  /** Starts a program of ours here. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const env = nodeEnvironment(this.runtimeDir, this.place.tree.programs);
    return this.host.spawn([join(this.place.tree.programs, program), ...args], { env, ...options });
  }

  async stop(): Promise<void> {
    for (const server of this.servers.values()) server.kill();
    await this.demo.stop();
  }

  /** The next message of a process of ours; rejects when it ends first. */
  private told<T>(child: ChildProcess, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(message as T));
      child.once('error', reject);
      child.once('exit', (status) => reject(new Error(`the ${what} ended with status ${status}`)));
    });
  }

  private fork(args: readonly string[]): ChildProcess {
    const env = nodeEnvironment(this.runtimeDir, this.place.tree.programs);
    return this.host.spawn([process.execPath, this.place.tree.measured, ...args], {
      env,
      signal: this.place.signal,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }
}
