import { MachineDriver } from '@ouroboros/machine';
import { OuroborosError, errorNumber, toOuroborosError, type JsonObject } from '@ouroboros/model';
import type {
  CancelSignal,
  Clock,
  CredentialFailure,
  CredentialStore,
  FlowArrivalAnswer,
  FlowGrant,
  FlowService,
  Hash,
  IpcpOperations,
  IrmUpcalls,
  Logger,
  Management,
  Random,
  WatchKind,
} from '@ouroboros/ports';
import type { OapCrypto } from '@ouroboros/oap';
import { OapFeature } from '@ouroboros/wire';
import { refusal } from './arrivals.js';
import type { IpcpSession, ProcessSession, RegistryHost } from './host.js';
import type { Failure, ManagementCall, Outcome, RegistryInput, RegistryOutput } from './messages.js';
import { MANAGEMENT_OPS } from './management-ops.js';
import {
  DEFAULT_LIMITS,
  DEFAULT_POLICY,
  type DaemonIdentity,
  type RegistryLimits,
  type RegistryPolicy,
} from './options.js';
import { Registry } from './registry.js';
import type { WatchSource } from './watch/facts.js';
import { WatchDesk } from './watch/watch-desk.js';

export interface RegistryDriverOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  /** Without: this host encrypts nothing. */
  readonly crypto?: OapCrypto;
  /** Without: no name has credentials or an `enc.conf`, and certificates of others are refused. */
  readonly credentials?: CredentialStore;
  readonly logger: Logger;
  readonly host: RegistryHost;
  readonly identity: DaemonIdentity;
  /** What `RegistryHost.persist` kept last; nothing for a first start. */
  readonly state?: JsonObject;
  readonly policy?: Partial<RegistryPolicy>;
  readonly limits?: Partial<RegistryLimits>;
  /** OapFeature bits that this host offers; default: all that layers and registry act on. 0 = as a C host. */
  readonly features?: number;
}

const OFFERED_FEATURES =
  OapFeature.DEALLOC_MESSAGE |
  OapFeature.REFUSAL_REASON |
  OapFeature.INQUIRY |
  OapFeature.FRAMES |
  OapFeature.FRCP_SELECTIVE |
  OapFeature.PROTECTION |
  OapFeature.REFUSAL_NOTICE;

interface Pending {
  resolve(value: unknown): void;
  reject(error: OuroborosError): void;
}

/**
 * Joins the registry to promises, sessions and the host. Platform-free: irmd gives it real sessions and processes, a
 * simulation its own. Call `start` once, before the first session.
 */
export class RegistryDriver {
  private readonly registry: Registry;
  private readonly driver: MachineDriver<RegistryInput, RegistryOutput>;
  private readonly pending = new Map<number, Pending>();
  private readonly arrivals = new Map<number, (answer: FlowArrivalAnswer) => void>();
  private readonly processes = new Map<number, ProcessSession>();
  private readonly ipcps = new Map<number, IpcpSession>();
  private readonly watchers: WatchDesk;
  private lastId = 0;
  private persisting = false;
  private unkept = false;
  private stopped = false;

  constructor(private readonly options: RegistryDriverOptions) {
    this.registry = new Registry(
      {
        hash: options.hash,
        crypto: options.crypto ?? null,
        credentials: options.credentials !== undefined,
        seed: options.random.bytes(32),
        identity: options.identity,
        policy: { ...DEFAULT_POLICY, ...options.policy },
        limits: { ...DEFAULT_LIMITS, ...options.limits },
        features: options.features ?? OFFERED_FEATURES,
      },
      options.state,
    );
    this.driver = new MachineDriver(this.registry, options.clock, (output) => this.act(output));
    this.watchers = new WatchDesk(this.watchSource(), options.clock);
  }

  /** Opens the time in which living IPCPs and processes of an earlier IRM daemon are adopted. */
  start(): void {
    this.driver.input({ kind: 'start' });
  }

  /** Everything that `irm` does, on behalf of `caller`, of whom the log tells what is given here. */
  managementFor(caller: object): Management {
    const operations = Object.fromEntries(
      MANAGEMENT_OPS.map((op) => [op, (...args: unknown[]) => this.manage(caller, { op, args } as ManagementCall)]),
    );
    const watch = (signal?: CancelSignal, kinds?: readonly WatchKind[]) => this.watchers.watch(signal, kinds);
    const ipcpDescribe = (type: string) => this.options.host.describeIpcp(type);
    return { ...operations, ipcpDescribe, watch } as unknown as Management;
  }

  /** Takes over an attached process until its session closes. */
  attachProcess(session: ProcessSession): void {
    const process = this.nextId();
    this.processes.set(process, session);
    session.serve(this.flowServiceOf(process));
    const { caller, announcement } = session;
    this.driver.input({ kind: 'processAttached', process, caller, announcement });
    session.onClose(() => {
      this.processes.delete(process);
      this.driver.input({ kind: 'processClosed', process });
    });
  }

  /** Takes over a registered IPCP until its session closes. */
  attachIpcp(session: IpcpSession): void {
    const ipcp = this.nextId();
    this.ipcps.set(ipcp, session);
    session.serve(this.upcallsOf(ipcp));
    const { caller, announcement } = session;
    this.driver.input({ kind: 'ipcpAttached', ipcp, caller, announcement });
    session.onClose(() => {
      this.ipcps.delete(ipcp);
      this.driver.input({ kind: 'ipcpClosed', ipcp });
    });
  }

  /**
   * Processes of IPCPs of the earlier daemon, which are waited for after `start`; the host tells `processExited` of those
   * that are dead, so that they are restarted at once.
   */
  expectedPids(): readonly number[] {
    return this.registry.expectedPids();
  }

  /** Tells that a child of this daemon has ended; `code` null when a signal ended it. */
  processExited(pid: number, code: number | null, signal: string | null): void {
    this.driver.input({ kind: 'exited', pid, code, signal });
  }

  /** Changes what an operator may change while the daemon runs. */
  setPolicy(policy: Partial<RegistryPolicy>): void {
    this.driver.input({ kind: 'policy', policy });
  }

  /** What the daemon itself still waits for (its configuration, say); `status` is not ready until this is empty. */
  setWaiting(reasons: readonly string[]): void {
    this.driver.input({ kind: 'waiting', reasons });
  }

  /**
   * Ends all IPCPs, those that use others first, and all programs that were started for a name; resolves when they are
   * gone. Further requests fail with EIRMD.
   */
  async shutdown(): Promise<void> {
    await this.request((request) => ({ kind: 'shutdown', request }));
  }

  /** Stops without touching anything that runs; what is pending fails with EIRMD. */
  stop(): void {
    this.stopped = true;
    this.driver.stop();
    this.watchers.close();
    const left = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of left) reject(stops());
    for (const answer of this.arrivals.values()) answer(refusal(-errorNumber('EIRMD')));
    this.arrivals.clear();
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  private request(input: (request: number) => RegistryInput, signal?: CancelSignal): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(new OuroborosError('ECANCELED', 'the caller gave up'));
    if (this.stopped) return Promise.reject(stops());
    const request = this.nextId();
    return new Promise((resolve, reject) => {
      const cancel = (): void => this.driver.input({ kind: 'cancel', request });
      const settled = (): void => signal?.removeEventListener('abort', cancel);
      this.pending.set(request, {
        resolve: (value) => (settled(), resolve(value)),
        reject: (error) => (settled(), reject(error)),
      });
      signal?.addEventListener('abort', cancel, { once: true });
      this.driver.input(input(request));
    });
  }

  private async manage(caller: object, call: ManagementCall): Promise<unknown> {
    const resolved = call.op === 'bindProgram' ? await this.withProgramPath(call) : call;
    this.options.logger.log('debug', 'management call', { op: call.op, ...caller });
    return this.request((request) => ({ kind: 'manage', request, call: resolved }));
  }

  /** As management, but for what the daemon itself asks, which need not stand in the log. */
  private watchSource(): WatchSource {
    const ask = (call: ManagementCall): Promise<never> =>
      this.request((request) => ({ kind: 'manage', request, call })) as Promise<never>;
    return {
      ipcpList: () => ask({ op: 'ipcpList', args: [] }),
      nameList: () => ask({ op: 'nameList', args: [] }),
      flowList: () => ask({ op: 'flowList', args: [] }),
      ipcpReport: (name, topic) => ask({ op: 'ipcpReport', args: [name, topic] }),
    };
  }

  private async withProgramPath(call: ManagementCall & { op: 'bindProgram' }): Promise<ManagementCall> {
    const [request] = call.args;
    return {
      op: 'bindProgram',
      args: [{ ...request, program: await this.options.host.resolveProgram(request.program) }],
    };
  }

  private flowServiceOf(process: number): FlowService {
    const wallNanos = (): bigint => this.options.clock.wallNanos();
    return {
      alloc: async (args, signal) =>
        (await this.request(
          (request) => ({ kind: 'alloc', process, request, args, wallNanos: wallNanos() }),
          signal,
        )) as FlowGrant,
      join: async (args, signal) =>
        (await this.request((request) => ({ kind: 'join', process, request, args }), signal)) as FlowGrant,
      accept: async (args, signal) =>
        (await this.request((request) => ({ kind: 'accept', process, request, args }), signal)) as FlowGrant,
      dealloc: async (flowId, lingerMs) => {
        await this.request((request) => ({ kind: 'dealloc', process, request, flowId, lingerMs }));
      },
      report: (facts) => this.driver.input({ kind: 'flowFacts', process, facts }),
    };
  }

  private upcallsOf(ipcp: number): IrmUpcalls {
    return {
      flowArrived: (flow) =>
        new Promise((resolve) => {
          const arrival = this.nextId();
          this.arrivals.set(arrival, resolve);
          this.driver.input({ kind: 'flowArrived', ipcp, arrival, flow, wallNanos: this.options.clock.wallNanos() });
        }),
      flowGone: (flowId) => this.driver.input({ kind: 'flowGone', ipcp, flowId }),
    };
  }

  private act(output: RegistryOutput): void {
    switch (output.kind) {
      case 'reply':
        return this.reply(output.request, output.outcome);
      case 'callIpcp':
        return this.callIpcp(output);
      case 'answerArrival':
        this.arrivals.get(output.arrival)?.(output.answer);
        this.arrivals.delete(output.arrival);
        return;
      case 'loadSecurity':
        return void this.loadSecurity(output);
      case 'flowDown':
        return this.processes.get(output.process)?.flowDown(output.flowId);
      case 'spawnIpcp':
        return this.spawn(output.spawn, this.options.host.spawnIpcp(output.name, output.type));
      case 'spawnProgram':
        return this.spawn(output.spawn, this.options.host.spawnProgram(output.path, output.args));
      case 'kill':
        return this.options.host.kill(output.pid, output.signal);
      case 'persist':
        return void this.persist();
      case 'event':
        return this.watchers.note(output.event);
      case 'log':
        return this.options.logger.log(output.level, output.message, output.fields);
    }
  }

  private reply(request: number, outcome: Outcome): void {
    const pending = this.pending.get(request);
    this.pending.delete(request);
    if (outcome.ok) pending?.resolve(outcome.value);
    else pending?.reject(fromFailure(outcome.error));
  }

  private callIpcp(output: RegistryOutput & { kind: 'callIpcp' }): void {
    const { call, op } = output;
    const operations = this.ipcps.get(output.ipcp)?.operations;
    const settle = (outcome: Outcome): void => this.driver.input({ kind: 'ipcpResult', call, outcome });
    if (!operations) return settle({ ok: false, error: { code: 'EIPCP', message: 'the IPCP is gone' } });
    invoke(operations, op, output.args).then(
      (value) => settle({ ok: true, value }),
      (thrown: unknown) => settle({ ok: false, error: toFailure(thrown) }),
    );
  }

  private async loadSecurity({ load, role, name, paths }: RegistryOutput & { kind: 'loadSecurity' }): Promise<void> {
    const found = await this.options.credentials!.load(role, name, paths).catch(unreadable);
    this.driver.input({ kind: 'securityLoaded', load, found });
  }

  private spawn(spawn: number, spawned: Promise<number>): void {
    spawned.then(
      (pid) => this.driver.input({ kind: 'spawned', spawn, pid }),
      (thrown: unknown) => this.driver.input({ kind: 'spawnFailed', spawn, error: toFailure(thrown) }),
    );
  }

  /** One at a time; what changes meanwhile is kept by one further call. */
  private async persist(): Promise<void> {
    this.unkept = true;
    if (this.persisting) return;
    this.persisting = true;
    while (this.unkept) {
      this.unkept = false;
      try {
        await this.options.host.persist(this.registry.snapshot());
      } catch (thrown) {
        this.options.logger.log('error', 'the registry state cannot be kept', { error: toFailure(thrown).message });
      }
    }
    this.persisting = false;
  }
}

function invoke(operations: IpcpOperations, op: keyof IpcpOperations, args: readonly unknown[]): Promise<unknown> {
  const method = operations[op] as (...args: unknown[]) => Promise<unknown>;
  return method.apply(operations, [...args]);
}

const unreadable = (thrown: unknown): CredentialFailure => ({
  ok: false,
  code: 'unreadable',
  text: toFailure(thrown).message,
});

const stops = (): OuroborosError => new OuroborosError('EIRMD', 'the IRM daemon stops');

const fromFailure = ({ code, message, ...detail }: Failure): OuroborosError =>
  new OuroborosError(code, message, detail);

function toFailure(thrown: unknown): Failure {
  const { code, message, field, stage } = toOuroborosError(thrown);
  return { code, message, ...(field !== undefined && { field }), ...(stage !== undefined && { stage }) };
}
