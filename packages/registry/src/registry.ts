/**
 * The IRM registry: which IPCPs, names, programs, processes and flows this host has, and every decision about them, as
 * one machine. Inputs are what tools, processes, IPCPs and the host tell; outputs are what shall be done.
 *
 * Its states are those of its parts: an IPCP's life (ipcp-life.ts), what an IPCP was asked for (ipcp-goals.ts), a flow
 * (flows.ts), an allocation (allocations.ts), a join (joins.ts), an arrival (arrivals.ts), a request that waits for a process
 * (waiting-room.ts), a program that is started (auto-start.ts), adoption after a start (adoption.ts), the end
 * (shutdown.ts). [spec/architecture.md §2–§5]
 */
import type { Machine, Sink } from '@ouroboros/machine';
import type { JsonObject, Micros } from '@ouroboros/model';
import { Adoption } from './adoption.js';
import { Allocations } from './allocations.js';
import { Arrivals } from './arrivals.js';
import { AutoStart } from './auto-start.js';
import { Bindings } from './bindings.js';
import { Core } from './core.js';
import { FlowFailures } from './flow-failures.js';
import { FlowTable } from './flows.js';
import { IpcpCalls } from './ipcp-calls.js';
import { IpcpGoals } from './ipcp-goals.js';
import { IpcpLife } from './ipcp-life.js';
import { IpcpOps } from './ipcp-ops.js';
import { IpcpTable, type IpcpEntry } from './ipcp-table.js';
import { Joins } from './joins.js';
import { ManagementDesk } from './management-desk.js';
import { failure, type Failure, type RegistryInput, type RegistryOutput } from './messages.js';
import { NameOps } from './name-ops.js';
import { NameTable } from './names.js';
import type { RegistryOptions } from './options.js';
import { restoreSnapshot, takeSnapshot } from './persisted.js';
import { ProcessTable, type ProcessEntry } from './processes.js';
import { SecurityDesk } from './security-desk.js';
import { Shutdown } from './shutdown.js';
import { Spawns } from './spawns.js';
import { Views } from './views.js';
import { WaitingRoom } from './waiting-room.js';

/** Longer lingering than this is nobody's need. */
const MAX_LINGER_MS = 600_000;

type Inputs = { readonly [K in RegistryInput['kind']]: (input: RegistryInput & { kind: K }) => void };

export class Registry implements Machine<RegistryInput, RegistryOutput> {
  private readonly core: Core;
  private readonly names: NameTable;
  private readonly processes = new ProcessTable();
  private readonly ipcps = new IpcpTable();
  private readonly calls: IpcpCalls;
  private readonly flows: FlowTable;
  private readonly spawns: Spawns;
  private readonly waiting: WaitingRoom;
  private readonly starter: AutoStart;
  private readonly security: SecurityDesk;
  private readonly goals: IpcpGoals;
  private readonly life: IpcpLife;
  private readonly bindings: Bindings;
  private readonly allocations: Allocations;
  private readonly joins: Joins;
  private readonly arrivals: Arrivals;
  private readonly adoption: Adoption;
  private readonly views: Views;
  private readonly desk: ManagementDesk;
  private readonly ending: Shutdown;
  private readonly restoreFaults: readonly string[];

  /** `state`: what `snapshot` gave to an earlier registry of this host. */
  constructor(
    options: RegistryOptions,
    private readonly state?: JsonObject,
  ) {
    this.core = new Core(options);
    const { core, processes, ipcps } = this;
    this.names = new NameTable(core);
    this.calls = new IpcpCalls(core);
    this.flows = new FlowTable(core, this.calls);
    this.spawns = new Spawns(core);
    this.waiting = new WaitingRoom(core, this.names);
    const { names, calls, flows, waiting } = this;
    this.starter = new AutoStart(core, names, processes, waiting, this.spawns);
    this.goals = new IpcpGoals(core, ipcps, names, calls);
    this.life = new IpcpLife(core, ipcps, calls, this.goals, this.spawns, {
      living: (ipcp, { flows: held }) => this.ipcpLiving(ipcp, held),
      gone: (ipcp) => this.ipcpGone(ipcp),
      forgotten: (ipcp) => this.ipcpForgotten(ipcp),
      created: (ipcp, request) => core.reply(request, this.views.ipcpInfo(ipcp)),
    });
    this.security = new SecurityDesk(core, names);
    const { starter, goals, life, security } = this;
    const failures = new FlowFailures(core);
    const parts = { core, names, processes, ipcps, calls, flows, waiting, starter, goals, life, security, failures };
    this.bindings = new Bindings(parts);
    this.allocations = new Allocations(parts);
    this.joins = new Joins(parts);
    this.arrivals = new Arrivals(parts);
    this.adoption = new Adoption(parts);
    this.views = new Views(parts);
    this.ending = new Shutdown(parts);
    const nameOps = new NameOps({ ...parts, bindings: this.bindings });
    const ipcpOps = new IpcpOps({ ...parts, nameOps, views: this.views });
    this.desk = new ManagementDesk({ ...parts, nameOps, ipcpOps, views: this.views });
    this.restoreFaults = state ? restoreSnapshot(state, names, ipcps) : [];
  }

  get deadline(): Micros {
    return this.core.timers.deadline;
  }

  handle(input: RegistryInput, now: Micros, out: Sink<RegistryOutput>): void {
    this.core.run(now, out, () => (this.inputs[input.kind] as (input: RegistryInput) => void)(input));
  }

  wake(now: Micros, out: Sink<RegistryOutput>): void {
    this.core.run(now, out, () => undefined);
  }

  /** Processes of IPCPs that are to come back after a restart of the daemon; of one that is dead, tell `exited`. */
  expectedPids(): number[] {
    return [...this.ipcps.all()].filter(({ phase, pid }) => phase === 'expected' && pid !== 0).map(({ pid }) => pid);
  }

  /** What is to be kept for a restart of the daemon. */
  snapshot(): JsonObject {
    return takeSnapshot(this.names, this.ipcps);
  }

  private readonly inputs: Inputs = {
    start: () => this.start(),
    manage: ({ request, call }) => this.desk.handle(request, call),
    processAttached: ({ process, caller, announcement }) => {
      this.processAttached(this.processes.add(process, caller, announcement));
    },
    processClosed: ({ process }) => this.withProcess(process, (entry) => this.processClosed(entry)),
    alloc: (input) => this.ofProcess(input, (process) => this.alloc(process, input)),
    join: (input) => this.ofProcess(input, (process) => this.join(process, input)),
    accept: (input) => this.ofProcess(input, (process) => this.accept(process, input)),
    dealloc: (input) => this.ofProcess(input, (process) => this.dealloc(process, input)),
    flowFacts: ({ process, facts }) => this.withProcess(process, (entry) => this.flows.note(entry, facts)),
    cancel: ({ request }) => this.cancel(request),
    ipcpAttached: (input) => this.life.attached(input),
    ipcpClosed: ({ ipcp }) => this.life.sessionClosed(ipcp),
    ipcpResult: ({ call, outcome }) => this.calls.answered(call, outcome),
    flowArrived: (input) => {
      const ipcp = this.ipcps.ofSession(input.ipcp);
      if (ipcp) this.arrivals.arrived(ipcp, input);
      else this.arrivals.orphan(input.arrival);
    },
    flowGone: ({ ipcp, flowId }) => {
      const flow = this.flows.get(flowId);
      const known = flow?.carrier && flow.carrier === this.ipcps.ofSession(ipcp);
      // While it is being allocated the end of the allocation says what became of it.
      if (known && flow.state !== 'alloc-pending') this.flows.carrierEnded(flow);
    },
    securityLoaded: ({ load, found }) => this.security.loaded(load, found),
    spawned: (input) => this.spawns.answered(input),
    spawnFailed: (input) => this.spawns.answered(input),
    exited: (input) => {
      this.life.exited(input);
      this.starter.exited(
        input.pid,
        input.signal === null ? `exited with status ${input.code ?? 0}` : `was ended by ${input.signal}`,
      );
      this.ending.step();
    },
    policy: ({ policy }) => {
      this.core.policy = { ...this.core.policy, ...policy };
    },
    waiting: ({ reasons }) => {
      this.views.waitingFor = reasons;
    },
    shutdown: ({ request }) => this.shutdown(request),
  };

  private start(): void {
    this.views.startedAt = this.core.now;
    for (const fault of this.restoreFaults) this.core.log('warn', 'a part of the kept state cannot be read', { fault });
    this.adoption.begin(this.state !== undefined);
  }

  private processAttached(process: ProcessEntry): void {
    const { pid, uid } = process.caller;
    const { program } = process.announcement;
    this.core.report('process', `process ${pid} (${program}) attached`, { pid, uid, program }, 'debug');
    this.bindings.inherit(process);
    this.adoption.processAttached(process);
    this.starter.attached(process);
  }

  private processClosed(process: ProcessEntry): void {
    const gone = failure('ECANCELED', 'the process is gone');
    for (const request of [...process.requests]) this.end(request, gone);
    this.bindings.drop(process);
    this.flows.processGone(process);
    const { pid } = process.caller;
    this.core.report('process', `process ${pid} (${process.announcement.program}) detached`, { pid }, 'debug');
  }

  private alloc(process: ProcessEntry, input: RegistryInput & { kind: 'alloc' }): void {
    if (!this.admit(process, input.request)) return;
    this.asks(process, () => this.allocations.start(process, input));
  }

  private join(process: ProcessEntry, input: RegistryInput & { kind: 'join' }): void {
    if (!this.admit(process, input.request)) return;
    this.asks(process, () => this.joins.start(process, input));
  }

  /** A process that asks for a flow before it accepts one is a client. */
  private asks(process: ProcessEntry, start: () => void): void {
    const newClient = process.role === 'unknown';
    if (newClient) process.role = 'client';
    start();
    if (newClient) for (const name of process.names) this.starter.reconsider(name);
  }

  private accept(process: ProcessEntry, input: RegistryInput & { kind: 'accept' }): void {
    if (!this.admit(process, input.request)) return;
    process.role = 'server';
    this.starter.accepting(process);
    this.waiting.accept(process, input.request, input.args.timeoutMs);
  }

  private admit({ requests }: ProcessEntry, request: number): boolean {
    const full = requests.size >= this.core.limits.requestsPerProcess;
    if (full) this.core.fail(request, failure('EAGAIN', 'the process has too many unanswered requests'));
    else if (this.core.stopping) this.core.fail(request, failure('EIRMD', 'the IRM daemon stops'));
    return !full && !this.core.stopping;
  }

  private dealloc(process: ProcessEntry, { request, flowId, lingerMs }: RegistryInput & { kind: 'dealloc' }): void {
    const lingering = lingerMs > 0 ? Math.min(lingerMs, MAX_LINGER_MS) : 0;
    const fault = this.flows.dealloc(process, flowId, lingering);
    if (fault) this.core.fail(request, fault);
    else this.core.reply(request, undefined);
  }

  private cancel(request: number): void {
    this.end(request, failure('ECANCELED', 'the caller gave up'));
  }

  /** Ends an allocation, a join or an accept, if it has not ended. */
  private end(request: number, error: Failure): void {
    if (this.allocations.cancel(request, error) || this.joins.cancel(request, error)) return;
    if (this.waiting.endAccept(request)) this.core.fail(request, error);
  }

  private withProcess(session: number, act: (process: ProcessEntry) => void): void {
    const process = this.processes.get(session);
    if (process) act(process);
  }

  private ofProcess(
    input: { readonly process: number; readonly request: number },
    act: (process: ProcessEntry) => void,
  ): void {
    const process = this.processes.get(input.process);
    if (!process) return this.core.fail(input.request, failure('ECANCELED', 'the process is gone'));
    act(process);
  }

  private ipcpLiving(ipcp: IpcpEntry, held: readonly { readonly flowId: number }[]): void {
    this.bindings.ipcpRegistered(ipcp);
    this.adoption.ipcpRegistered(ipcp, held);
  }

  private ipcpGone(ipcp: IpcpEntry): void {
    this.arrivals.ipcpGone(ipcp);
    this.flows.ipcpGone(ipcp);
  }

  private ipcpForgotten(ipcp: IpcpEntry): void {
    this.bindings.ipcpForgotten(ipcp);
    this.ending.step();
  }

  private shutdown(request: number): void {
    this.core.stopping = true;
    const stops = failure('EIRMD', 'the IRM daemon stops');
    for (const process of this.processes.all()) for (const open of [...process.requests]) this.end(open, stops);
    this.arrivals.refuseAll(stops);
    this.ending.begin(request);
  }
}
