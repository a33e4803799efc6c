import type { Core } from './core.js';
import type { Failure, RegistryInput } from './messages.js';

interface Spawn {
  spawned(pid: number): void;
  failed(error: Failure): void;
}

/** Processes that the host was asked to start and has not answered for. */
export class Spawns {
  private readonly open = new Map<number, Spawn>();
  private lastId = 0;

  constructor(private readonly core: Core) {}

  ipcp(name: string, type: string, spawn: Spawn): void {
    this.core.emit({ kind: 'spawnIpcp', spawn: this.add(spawn), name, type });
  }

  program(program: { readonly path: string; readonly args: readonly string[] }, spawn: Spawn): void {
    this.core.emit({ kind: 'spawnProgram', spawn: this.add(spawn), path: program.path, args: program.args });
  }

  answered(input: RegistryInput & { kind: 'spawned' | 'spawnFailed' }): void {
    const spawn = this.open.get(input.spawn);
    this.open.delete(input.spawn);
    if (input.kind === 'spawned') spawn?.spawned(input.pid);
    else spawn?.failed(input.error);
  }

  private add(spawn: Spawn): number {
    this.lastId += 1;
    this.open.set(this.lastId, spawn);
    return this.lastId;
  }
}
