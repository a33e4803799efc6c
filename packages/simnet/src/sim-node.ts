import { OuroborosError, micros, type JsonObject } from '@ouroboros/model';
import type { CryptoSuite, DatagramNetwork, Hash, HostResolver, Management } from '@ouroboros/ports';
import type { KillSignal, RegistryHost } from '@ouroboros/registry';
import type { EventLog } from './event-log.js';
import { MemoryChannelNetwork } from './memory-channel.js';
import type { MemoryEthernetHost } from './memory-ethernet.js';
import { MemoryStore } from './memory-store.js';
import { ProcessClock } from './process-clock.js';
import type { SeededRandom } from './seeded-random.js';
import { SimApp } from './sim-app.js';
import { FlowAttachment, IpcpAttachment, type Attachment } from './sim-attachment.js';
import { SimDaemon } from './sim-daemon.js';
import { SimProcess, type ProcessEnd } from './sim-process.js';
import type { SimIpcpType } from './sim-type.js';
import type { NodeSecurityParts } from './simulation.js';
import type { VirtualClock } from './virtual-clock.js';

/** What a node is made from. */
export interface NodeParts {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly hash: Hash;
  /** Undefined where no flow is encrypted. */
  readonly crypto: (() => Promise<CryptoSuite>) | undefined;
  readonly security: NodeSecurityParts | undefined;
  readonly log: EventLog;
  readonly datagrams: DatagramNetwork;
  readonly ethernet: MemoryEthernetHost;
  readonly resolver: HostResolver;
  readonly types: ReadonlyMap<string, SimIpcpType>;
  /** Bytes queued per direction of a flow between two processes; 0 = as on a real host. */
  readonly queueBytes: number;
  readonly directFlows: boolean;
}

/** What a bound program does when it is started. */
export type ProgramBody = (app: SimApp, args: readonly string[]) => void;

/** Virtual time that a turn of the event loop takes, that a process needs to start, and that its exit status needs, in µs. */
const TURN = 10;
const START = 1_000;
const EXIT = 100;
const USER = 1_000;

/**
 * A whole node of a simulation: the IRM daemon's registry, IPCPs and applications, each a process of its own that can die. State
 * survives what it survives on a real host: the daemon's and the IPCPs' stores are there after a crash of the node.
 */
export class SimNode {
  readonly name: string;
  /** Everything that `irm` does. Rejects EIRMD while the daemon is away. */
  readonly irm: Management;
  /** Programs that can be started for a name, by path. */
  readonly programs = new Map<string, ProgramBody>();
  private readonly channels: MemoryChannelNetwork;
  private readonly processes = new Map<number, SimProcess>();
  private readonly attachments = new Map<SimProcess, Attachment[]>();
  private readonly ipcps = new Map<string, SimProcess>();
  private readonly stores = new Map<string, MemoryStore>();
  private daemon: SimDaemon | null = null;
  private state: JsonObject | undefined;
  private lastPid = 0;

  constructor(private readonly parts: NodeParts) {
    this.name = parts.name;
    const later = (callback: () => void): void => void this.after(TURN, callback);
    this.channels = new MemoryChannelNetwork(later, parts.queueBytes > 0 ? { queueBytes: parts.queueBytes } : {});
    this.irm = this.management();
    this.startDaemon();
  }

  /** A new application process. */
  app(program = '/bin/app'): SimApp {
    const process = this.spawn(program, program.slice(program.lastIndexOf('/') + 1));
    const flows = new FlowAttachment(process);
    this.attach(process, [flows]);
    return new SimApp(process, flows);
  }

  /** A process of a bound name in one step: creates the name, binds the program, starts it. */
  async server(name: string): Promise<SimApp> {
    const program = `/bin/serve-${name}`;
    const known = (await this.irm.nameList()).find((one) => one.name === name);
    if (!known?.programs.some(({ path }) => path === program)) {
      await this.irm.bindProgram({ program, name, auto: false, args: [] });
    }
    return this.app(program);
  }

  /** SIGKILL for the process of an IPCP. ENOENT. */
  killIpcp(name: string): void {
    const process = this.ipcps.get(name);
    if (!process?.alive) throw new OuroborosError('ENOENT', `no IPCP ${name} runs on ${this.name}`, { field: 'name' });
    process.end({ code: null, signal: 'SIGKILL' });
  }

  /** kill −9 of the IRM daemon; IPCPs and applications live on. */
  killDaemon(): void {
    this.parts.log.add(this.name, 'the IRM daemon is killed');
    this.daemon?.crash();
    this.daemon = null;
    for (const attachments of this.attachments.values()) for (const one of attachments) one.daemon(null);
  }

  /** An IRM daemon starts and adopts what lives. */
  startDaemon(): void {
    if (this.daemon) return;
    const { name, log, hash, random, clock, directFlows, security } = this.parts;
    this.daemon = new SimDaemon({
      name,
      hash,
      pid: this.nextPid(),
      clock,
      random: random.fork(),
      logger: log.logger(`${name}/irmd`),
      host: this.host(),
      directFlows,
      security,
      state: this.state,
    });
    for (const attachments of this.attachments.values()) for (const one of attachments) one.daemon(this.daemon);
  }

  /** The power fails. */
  crash(): void {
    this.parts.log.add(this.name, 'the node crashes');
    for (const process of [...this.processes.values()]) process.end({ code: null, signal: 'power' });
    this.daemon?.crash();
    this.daemon = null;
  }

  /** The power is back: the daemon starts what it had. */
  boot(): void {
    this.startDaemon();
  }

  /** The node's device `eth0`. */
  get ethernet(): MemoryEthernetHost {
    return this.parts.ethernet;
  }

  /** Processes that live. */
  get processCount(): number {
    return this.processes.size;
  }

  private management(): Management {
    const current = (): Management => {
      if (this.daemon) return this.daemon.registry.managementFor({ pid: 1, uid: USER, gid: USER });
      throw new OuroborosError('EIRMD', `no IRM daemon on ${this.name}`);
    };
    const call = async (op: Exclude<keyof Management, 'watch'>, args: unknown[]): Promise<unknown> => {
      const management = current();
      return (management[op] as (...args: unknown[]) => Promise<unknown>).apply(management, args);
    };
    const get = (_target: object, op: string): unknown =>
      op === 'watch' ? current().watch : (...args: unknown[]) => call(op as Exclude<keyof Management, 'watch'>, args);
    return new Proxy({}, { get }) as Management;
  }

  private host(): RegistryHost {
    return {
      spawnIpcp: (name, type) => this.spawnIpcp(name, type),
      describeIpcp: async (type) => this.typeOf(type).info,
      spawnProgram: (path, args) => this.spawnProgram(path, args),
      kill: (pid, signal) => this.kill(pid, signal),
      persist: async (state) => void (this.state = structured(state)),
      resolveProgram: async (program) => program,
    };
  }

  private async spawnIpcp(name: string, typeName: string): Promise<number> {
    const type = this.typeOf(typeName);
    const process = this.spawn(`/bin/ipcpd-${typeName}`, name);
    this.ipcps.set(name, process);
    this.after(START, () => {
      if (process.alive) this.startIpcp(process, name, type);
    });
    return process.pid;
  }

  private typeOf(name: string): SimIpcpType {
    const type = this.parts.types.get(name);
    if (type) return type;
    throw new OuroborosError('EIPCPTYPE', `no IPCP type ${name}`, { field: 'type' });
  }

  private startIpcp(process: SimProcess, name: string, type: SimIpcpType): void {
    const flows = type.usesLowerFlows ? new FlowAttachment(process) : null;
    const { clock, random, logger, datagrams, ethernet, channels, pid } = process;
    const { hash, resolver, security } = this.parts;
    const server = type.serve({
      name,
      pid,
      clock,
      random,
      hash,
      logger,
      datagrams,
      ethernet,
      resolver,
      store: this.storeOf(name),
      credentials: security?.credentials,
      flows: flows?.host ?? null,
      host: flows ? this.irm : undefined,
      channel: channels,
    });
    process.onTerminate = () => void server.shutdown().then(() => process.end({ code: 0, signal: null }));
    this.attach(process, [new IpcpAttachment(process, server), ...(flows ? [flows] : [])]);
  }

  private async spawnProgram(path: string, args: readonly string[]): Promise<number> {
    const body = this.programs.get(path);
    if (!body) throw new OuroborosError('ENOENT', `no program ${path}`);
    const app = this.app(path);
    this.after(START, () => {
      if (app.process.alive) body(app, args);
    });
    return app.pid;
  }

  private kill(pid: number, signal: KillSignal): void {
    const process = this.processes.get(pid);
    if (signal === 'SIGTERM') process?.onTerminate();
    else process?.end({ code: null, signal });
  }

  private spawn(program: string, who: string): SimProcess {
    const { name, clock, random, crypto = noCryptography, log, datagrams, ethernet } = this.parts;
    const pid = this.nextPid();
    const process = new SimProcess({
      pid,
      uid: USER,
      program,
      clock: new ProcessClock(clock),
      random: random.fork(),
      crypto,
      logger: log.logger(`${name}/${who}`),
      channels: this.channels.createHost({ path: `/${pid}`, uid: USER }),
      datagrams,
      ethernet,
    });
    this.processes.set(pid, process);
    process.onEnd = (end) => this.ended(process, end);
    return process;
  }

  private ended(process: SimProcess, { code, signal }: ProcessEnd): void {
    this.processes.delete(process.pid);
    this.attachments.delete(process);
    this.after(EXIT, () => this.daemon?.registry.processExited(process.pid, code, signal));
  }

  private attach(process: SimProcess, attachments: Attachment[]): void {
    this.attachments.set(process, attachments);
    for (const attachment of attachments) if (this.daemon) attachment.daemon(this.daemon);
  }

  private storeOf(name: string): MemoryStore {
    const store = this.stores.get(name) ?? new MemoryStore();
    this.stores.set(name, store);
    return store;
  }

  private after(delay: number, callback: () => void): void {
    const { clock } = this.parts;
    clock.at(micros(clock.now() + delay), callback);
  }

  private nextPid(): number {
    this.lastPid += 1;
    return this.lastPid;
  }
}

const noCryptography = (): Promise<never> =>
  Promise.reject(new OuroborosError('ENOTSUP', 'this simulation was given no cryptography'));

/** As it is after it was written to a disk and read again. */
const structured = (state: JsonObject): JsonObject => JSON.parse(JSON.stringify(state)) as JsonObject;
