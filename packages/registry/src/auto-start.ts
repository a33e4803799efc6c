/**
 * Programs that are started for a name that nobody serves, one at a time per name: the one that was bound last with
 * `auto`. [spec/architecture.md §3; C waits a second for a server first, we know that there is none]
 *
 * States of a name: idle → starting (spawn asked, then pid known) → idle, when the program attaches, a process of the
 * name accepts, the program ends or cannot be started.
 */
import type { Core } from './core.js';
import { failure, type Failure } from './messages.js';
import type { NameEntry, NameTable, ProgramBinding } from './names.js';
import type { ProcessEntry, ProcessTable } from './processes.js';
import type { Spawns } from './spawns.js';
import type { FlowRequest, WaitingRoom } from './waiting-room.js';

interface Start {
  readonly name: string;
  readonly program: ProgramBinding;
  pid: number;
}

export class AutoStart {
  private readonly starting = new Map<string, Start>();
  /** Programs that were started here and still run: pid → path. */
  private readonly running = new Map<number, string>();

  constructor(
    private readonly core: Core,
    private readonly names: NameTable,
    private readonly processes: ProcessTable,
    private readonly waiting: WaitingRoom,
    private readonly spawns: Spawns,
  ) {}

  /** Pids of the programs that were started here. */
  pids(): readonly number[] {
    return [...this.running.keys()];
  }

  /** True when a program for the name is starting or was started by this call. */
  ensure(entry: NameEntry): boolean {
    if (this.starting.has(entry.name)) return true;
    const program = entry.programs.filter(({ auto }) => auto).at(-1);
    if (!program || this.core.stopping) return false;
    const start: Start = { name: entry.name, program, pid: 0 };
    this.starting.set(entry.name, start);
    this.core.report('process', `starting ${program.path} for ${entry.name}`, { name: entry.name, path: program.path });
    this.spawns.program(program, {
      spawned: (pid) => this.spawned(start, pid),
      failed: (error) => this.ended(start, error),
    });
    return true;
  }

  /** The path under which the process was started here, else what it says itself. */
  programOf(process: ProcessEntry): string {
    return this.running.get(process.caller.pid) ?? process.announcement.program;
  }

  /** A process has attached and has got its names. */
  attached(process: ProcessEntry): void {
    this.started((start) => start.pid === process.caller.pid);
  }

  /** A process accepts. What was started may be a wrapper, with another pid than the process that serves. */
  accepting(process: ProcessEntry): void {
    this.started((start) => process.names.has(start.name));
  }

  exited(pid: number, how: string): void {
    const path = this.running.get(pid);
    if (path === undefined) return;
    this.running.delete(pid);
    this.core.report('process', `${path} (${pid}) ${how}`, { pid, path });
    for (const start of [...this.starting.values()]) {
      if (start.pid === pid) this.ended(start, failure('ENOSERVER', `${path} ${how} before it served ${start.name}`));
    }
  }

  /**
   * Somebody stopped serving the name: starts another when there is one to start, refuses at once the requests that
   * nobody can take any more.
   */
  reconsider(name: string, why?: Failure): void {
    const entry = this.names.get(name);
    const servers = this.processes.servingName(name);
    const hopeless = (request: FlowRequest): boolean => !servers.some((process) => request.mayTake(process));
    if (!entry) return this.waiting.refuse(name, failure('ENAME', `name ${name} was destroyed`), () => true);
    if (this.starting.has(name) || this.waiting.waitingFor(name) === 0) return;
    if (!why && servers.length === 0 && this.ensure(entry)) return;
    this.waiting.refuse(name, why ?? noServer(name), hopeless);
  }

  private started(isDone: (start: Start) => boolean): void {
    for (const start of [...this.starting.values()].filter(isDone)) {
      this.starting.delete(start.name);
      this.reconsider(start.name);
    }
  }

  private spawned(start: Start, pid: number): void {
    this.running.set(pid, start.program.path);
    if (this.starting.get(start.name) === start) start.pid = pid;
  }

  private ended(start: Start, error: Failure): void {
    if (this.starting.get(start.name) !== start) return;
    this.starting.delete(start.name);
    const message = `cannot start ${start.program.path}: ${error.message}`;
    this.core.log('warn', message, { name: start.name });
    this.reconsider(
      start.name,
      failure('ENOSERVER', error.code === 'ENOSERVER' ? error.message : message, { stage: 'accept' }),
    );
  }
}

export const noServer = (name: string): Failure =>
  failure('ENOSERVER', `no process serves ${name}`, { stage: 'accept' });
