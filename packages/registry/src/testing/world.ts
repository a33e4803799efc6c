import { CollectingSink } from '@ouroboros/machine';
import { QOS_RAW, micros, type JsonObject, type Micros, type QosSpec } from '@ouroboros/model';
import {
  NO_SECURITY,
  OapServer,
  answerOap,
  prepareOap,
  refuseOap,
  type OapAgreed,
  type OapExchange,
  type OapFailure,
  type OapOffer,
  type OapSecurity,
  type OapTools,
} from '@ouroboros/oap';
import type {
  CredentialFailure,
  FlowArrivalAnswer,
  FlowGrant,
  HeldFlow,
  IpcpAnnouncement,
  IpcpFlowAllocRequest,
  IpcpFlowAllocResult,
  Management,
  NameSecurity,
} from '@ouroboros/ports';
import { OapFeature } from '@ouroboros/wire';
import type {
  Failure,
  IpcpCall,
  IpcpOp,
  ManagementCall,
  ManagementOp,
  Outcome,
  RegistryInput,
  RegistryOutput,
} from '../messages.js';
import { DEFAULT_LIMITS, DEFAULT_POLICY, type RegistryLimits, type RegistryPolicy } from '../options.js';
import { Registry } from '../registry.js';
import { testHash } from './test-hash.js';

/** The request of a far client to a name, as it arrives from a layer. */
export function farRequest(
  id: Uint8Array,
  features: number,
  security = NO_SECURITY,
  tools: OapTools = { hash: testHash, crypto: null },
): { readonly bytes: Uint8Array; readonly exchange: OapExchange } {
  const prepared = prepareOap({ id, timestampNs: WALL, features, name: 'hello', security, room: 1388 }, tools);
  if (!prepared.ok) throw new Error(prepared.text);
  return prepared;
}

export const FEATURES = OapFeature.DEALLOC_MESSAGE | OapFeature.REFUSAL_REASON | OapFeature.INQUIRY;
export const WALL = 1_700_000_000_000_000_000n;
export const ok = (value?: unknown): Outcome => ({ ok: true, value });
export const no = (code: Failure['code'], message = 'no', stage?: string): Outcome => ({
  ok: false,
  error: { code, message, stage },
});

/** How a test IPCP answers one operation; `undefined` = never. */
export type Answerer = (call: IpcpCall, world: World, ipcp: TestIpcp) => Outcome | undefined;

export interface TestIpcp {
  readonly name: string;
  type: string;
  rank: number;
  pid: number;
  session: number;
  state: IpcpAnnouncement['state'];
  layer: IpcpAnnouncement['layer'];
  operations: readonly string[];
  /** Answers to operations; those without one are answered as a healthy IPCP does. */
  readonly onNetwork: boolean;
  readonly oapRoom: number;
  readonly answers: Partial<Record<IpcpOp, Answerer>>;
  /** Hashes in its directory, as numbers joined by dots. */
  readonly directory: Set<string>;
}

const ALL_OPERATIONS: readonly IpcpOp[] = [
  ...(['bootstrap', 'enroll', 'connect', 'disconnect', 'register', 'unregister', 'query', 'flowAlloc'] as const),
  ...(['flowAgreed', 'flowDealloc', 'report', 'control', 'ribList', 'ribRead'] as const),
];

export interface WorldOptions {
  readonly policy?: Partial<RegistryPolicy>;
  readonly limits?: Partial<RegistryLimits>;
  readonly state?: JsonObject;
  /** Do not answer spawns and kills; the spec does it. */
  readonly manual?: boolean;
  readonly features?: number;
  readonly crypto?: OapTools['crypto'];
  /** What the files of a name say; undefined = they are read for ever. Without, the host has no files. */
  readonly files?: (output: RegistryOutput & { kind: 'loadSecurity' }) => NameSecurity | CredentialFailure | undefined;
  /** The far end of every layer. Default: neither encryption nor authentication. */
  readonly far?: OapSecurity;
}

/** A registry in virtual time with test processes and test IPCPs around it. */
export class World {
  now: Micros = micros(1_000_000);
  readonly registry: Registry;
  readonly replies = new Map<number, Outcome>();
  readonly answers = new Map<number, FlowArrivalAnswer>();
  readonly outputs: RegistryOutput[] = [];
  /** `process flowId` of each flowDown. */
  readonly downs: string[] = [];
  readonly ipcps = new Map<string, TestIpcp>();
  lastId = 0;
  /** What far ends agreed to, the last one last. */
  readonly farAgreed: OapAgreed[] = [];
  private lastPid = 1000;
  private readonly sink = new CollectingSink<RegistryOutput>();

  constructor(private readonly options: WorldOptions = {}) {
    this.registry = new Registry(
      {
        hash: testHash,
        crypto: options.crypto ?? null,
        credentials: options.files !== undefined,
        seed: new Uint8Array(32),
        identity: { version: '0', pid: 1, runtimeDir: '/run' },
        policy: { ...DEFAULT_POLICY, ...options.policy },
        limits: { ...DEFAULT_LIMITS, ...options.limits },
        features: options.features ?? FEATURES,
      },
      options.state,
    );
    this.input({ kind: 'start' });
  }

  input(input: RegistryInput): void {
    this.registry.handle(input, this.now, this.sink);
    this.act();
  }

  /** Lets virtual time pass; timers fire at their times. */
  advance(ms: number): void {
    const end = micros(this.now + Math.round(ms * 1000));
    while (this.registry.deadline <= end) {
      this.now = micros(Math.max(this.now, this.registry.deadline));
      this.registry.wake(this.now, this.sink);
      this.act();
    }
    this.now = end;
  }

  // ── management ──

  manage<Op extends ManagementOp>(op: Op, ...args: Parameters<Management[Op]>): number {
    const request = this.id();
    this.input({ kind: 'manage', request, call: { op, args } as unknown as ManagementCall });
    return request;
  }

  /** The value of a call that is expected to succeed at once. */
  value<Op extends ManagementOp>(op: Op, ...args: Parameters<Management[Op]>): unknown {
    return this.valueOf(this.manage<Op>(op, ...args));
  }

  error<Op extends ManagementOp>(op: Op, ...args: Parameters<Management[Op]>): Failure {
    return this.errorOf(this.manage<Op>(op, ...args));
  }

  valueOf(request: number): unknown {
    const outcome = this.replies.get(request);
    if (outcome?.ok) return outcome.value;
    throw new Error(`request ${request}: ${JSON.stringify(outcome ?? 'no reply')}`);
  }

  errorOf(request: number): Failure {
    const outcome = this.replies.get(request);
    if (outcome && !outcome.ok) return outcome.error;
    throw new Error(`request ${request}: ${outcome ? 'succeeded' : 'no reply'}`);
  }

  grantOf(request: number): FlowGrant {
    return this.valueOf(request) as FlowGrant;
  }

  // ── processes ──

  process(
    program: string,
    about: { pid?: number; uid?: number; flows?: HeldFlow[]; channelPath?: string } = {},
  ): number {
    const process = this.id();
    const pid = about.pid ?? this.pid();
    const { flows = [], channelPath = `/chan/${pid}` } = about;
    const caller = { pid, uid: about.uid ?? 1000, gid: 1000 };
    const announcement = { pid, program, args: [], channelPath, flows };
    this.input({ kind: 'processAttached', process, caller, announcement });
    return process;
  }

  /** A process whose program is bound to the name. */
  server(name: string, about: { pid?: number; uid?: number } = {}): number {
    const program = `/bin/serve-${name}`;
    const names = this.value('nameList') as { name: string; programs: { path: string }[] }[];
    if (!names.find((one) => one.name === name)?.programs.some(({ path }) => path === program)) {
      this.value('bindProgram', { program, name, auto: false, args: [] });
    }
    return this.process(program, about);
  }

  alloc(process: number, name: string, timeoutMs = 0, qos: QosSpec = QOS_RAW): number {
    const request = this.id();
    this.input({ kind: 'alloc', process, request, args: { name, qos, timeoutMs }, wallNanos: WALL });
    return request;
  }

  join(process: number, name: string, timeoutMs = 0): number {
    const request = this.id();
    this.input({ kind: 'join', process, request, args: { name, timeoutMs } });
    return request;
  }

  accept(process: number, timeoutMs = 0): number {
    const request = this.id();
    this.input({ kind: 'accept', process, request, args: { timeoutMs } });
    return request;
  }

  dealloc(process: number, flowId: number, lingerMs = 0): number {
    const request = this.id();
    this.input({ kind: 'dealloc', process, request, flowId, lingerMs });
    return request;
  }

  close(process: number): void {
    this.input({ kind: 'processClosed', process });
  }

  // ── IPCPs ──

  /** Creates, registers and bootstraps an IPCP. */
  layer(
    name: string,
    about: Partial<TestIpcp> = {},
    restart: 'never' | 'on-failure' | 'always' = 'on-failure',
  ): TestIpcp {
    this.ipcp(name, about);
    this.value('ipcpCreate', { name, type: about.type ?? 'test', restart });
    this.value('ipcpBootstrap', { name, layer: `${name}-layer`, config: { key: 1 }, autobind: false });
    return this.ipcps.get(name)!;
  }

  /** Says what an IPCP of this name will be like when it is spawned. */
  ipcp(name: string, about: Partial<TestIpcp> = {}): TestIpcp {
    const fresh = { type: 'test', rank: 10, pid: 0, session: 0, state: 'boot', layer: null } as const;
    const ipcp = {
      name,
      ...fresh,
      ...{ onNetwork: true, oapRoom: 0 },
      operations: ALL_OPERATIONS,
      answers: {},
      directory: new Set<string>(),
      ...about,
    };
    this.ipcps.set(name, ipcp);
    return ipcp;
  }

  /** The IPCP's process registers. */
  registers(ipcp: TestIpcp, flows: readonly number[] = [], pid = ipcp.pid): void {
    ipcp.session = this.id();
    ipcp.pid = pid;
    const { name, type, rank, onNetwork, operations, state, layer } = ipcp;
    const held = flows.map((flowId) => ({ flowId }));
    const own = { pid, name, type, rank, onNetwork, operations, state, layer };
    const announcement = { ...own, channelPath: `/ipcp/${name}`, flows: held };
    this.input({ kind: 'ipcpAttached', ipcp: ipcp.session, caller: { pid, uid: 1000, gid: 1000 }, announcement });
  }

  /** The IPCP's process dies. */
  dies(ipcp: TestIpcp, code: number | null = null): void {
    const { session, pid } = ipcp;
    ipcp.session = 0;
    this.input({ kind: 'ipcpClosed', ipcp: session });
    this.input({ kind: 'exited', pid, code, signal: code === null ? 'SIGKILL' : null });
  }

  /** A flow request arrives from the layer of an IPCP. */
  arrives(ipcp: TestIpcp, name: string, data: Uint8Array, qos: QosSpec = QOS_RAW, lacking = ''): number {
    const arrival = this.id();
    const hash = testHash.digest(
      ipcp.layer?.hash ?? 'SHA3_256',
      Uint8Array.from(name, (letter) => letter.charCodeAt(0)),
    );
    const flow = { hash, qos, mplMs: 100, layerPacket: 8976, wholePacket: 1468, data, lacking };
    this.input({ kind: 'flowArrived', ipcp: ipcp.session, arrival, flow, wallNanos: WALL });
    return arrival;
  }

  answerOf(arrival: number): FlowArrivalAnswer {
    const answer = this.answers.get(arrival);
    if (!answer) throw new Error(`arrival ${arrival} has no answer`);
    return answer;
  }

  /** Operations that IPCPs were asked for. */
  callsOf(op: IpcpOp): (RegistryOutput & { kind: 'callIpcp' })[] {
    return this.outputs.flatMap((output) => (output.kind === 'callIpcp' && output.op === op ? [output] : []));
  }

  of<K extends RegistryOutput['kind']>(kind: K): (RegistryOutput & { kind: K })[] {
    return this.outputs.filter((output): output is RegistryOutput & { kind: K } => output.kind === kind);
  }

  answered(call: number, outcome: Outcome): void {
    this.input({ kind: 'ipcpResult', call, outcome });
  }

  /** What the far end of a healthy layer answers to an allocation. */
  farAccepts(request: IpcpFlowAllocRequest, security = this.options.far ?? NO_SECURITY): IpcpFlowAllocResult {
    const offer = this.offerOf(request.data);
    const answered = answerOap(offer, { security, timestampNs: WALL, room: 1388 }, this.tools);
    if (!answered.ok) return this.refusedWith(offer, answered);
    this.farAgreed.push(answered.agreed);
    return { response: 0, reason: '', mplMs: 100, layerPacket: 8976, wholePacket: 1468, data: answered.bytes };
  }

  farRefuses(request: IpcpFlowAllocRequest, code: Failure['code'], text: string): IpcpFlowAllocResult {
    return this.refusedWith(this.offerOf(request.data), { code, text });
  }

  get tools(): OapTools {
    return { hash: testHash, crypto: this.options.crypto ?? null };
  }

  private offerOf(data: Uint8Array): OapOffer {
    const read = new OapServer(this.tools, this.options.features ?? FEATURES).read(data, this.now);
    if (!read.ok) throw new Error(read.text);
    return read.offer;
  }

  private refusedWith(offer: OapOffer, why: Pick<OapFailure, 'code' | 'text' | 'wanted'>): IpcpFlowAllocResult {
    return { ...refuseOap(offer, why, WALL), reason: '', mplMs: 0, layerPacket: 0, wholePacket: 0 };
  }

  id(): number {
    this.lastId += 1;
    return this.lastId;
  }

  pid(): number {
    this.lastPid += 1;
    return this.lastPid;
  }

  private act(): void {
    for (let taken = this.sink.take(); taken.length > 0; taken = this.sink.take()) {
      for (const output of taken) this.actOn(output);
    }
  }

  private actOn(output: RegistryOutput): void {
    this.outputs.push(output);
    switch (output.kind) {
      case 'reply':
        if (this.replies.has(output.request)) throw new Error(`request ${output.request} has two replies`);
        this.replies.set(output.request, output.outcome);
        return;
      case 'answerArrival':
        if (this.answers.has(output.arrival)) throw new Error(`arrival ${output.arrival} has two answers`);
        this.answers.set(output.arrival, output.answer);
        return;
      case 'flowDown':
        this.downs.push(`${output.process} ${output.flowId}`);
        return;
      case 'callIpcp':
        return this.answerCall(output);
      case 'loadSecurity':
        return this.loaded(output);
      case 'spawnIpcp':
        return this.options.manual ? undefined : this.spawned(output);
      case 'kill':
        return this.options.manual ? undefined : this.killed(output.pid);
    }
  }

  private spawned(output: RegistryOutput & { kind: 'spawnIpcp' }): void {
    const ipcp = this.ipcps.get(output.name);
    if (!ipcp)
      return this.input({
        kind: 'spawnFailed',
        spawn: output.spawn,
        error: { code: 'EIPCPTYPE', message: 'no such type' },
      });
    Object.assign(ipcp, { pid: this.pid(), state: 'boot', layer: null });
    this.input({ kind: 'spawned', spawn: output.spawn, pid: ipcp.pid });
    this.registers(ipcp);
  }

  private loaded(output: RegistryOutput & { kind: 'loadSecurity' }): void {
    const found = this.options.files?.(output);
    if (found) this.input({ kind: 'securityLoaded', load: output.load, found });
  }

  private killed(pid: number): void {
    for (const ipcp of this.ipcps.values()) if (ipcp.pid === pid && ipcp.session !== 0) this.dies(ipcp, 0);
  }

  private answerCall(output: RegistryOutput & { kind: 'callIpcp' }): void {
    const ipcp = [...this.ipcps.values()].find(({ session }) => session === output.ipcp);
    if (!ipcp) return;
    const answer = (ipcp.answers[output.op] ?? healthy)(output, this, ipcp);
    if (answer) this.answered(output.call, answer);
  }
}

/** What an IPCP without faults does. */
export function healthy(call: IpcpCall, world: World, ipcp: TestIpcp): Outcome {
  const key = (hash: Uint8Array): string => hash.join('.');
  switch (call.op) {
    case 'bootstrap':
    case 'enroll': {
      const name = call.op === 'bootstrap' ? call.args[0].layer : 'enrolled-layer';
      const layer = { name, hash: 'SHA3_256', oapRoom: ipcp.oapRoom } as const;
      Object.assign(ipcp, { state: 'operational', layer });
      return ok(layer);
    }
    case 'register':
      ipcp.directory.add(key(call.args[0]));
      return ok();
    case 'unregister':
      ipcp.directory.delete(key(call.args[0]));
      return ok();
    case 'query':
      return ok(ipcp.directory.has(key(call.args[0])));
    case 'flowAlloc':
      return ok(world.farAccepts(call.args[0]));
    case 'flowJoin':
      return ok({ mplMs: 100 });
    case 'report':
      return ok({ topic: call.args[0] });
    case 'ribList':
      return ok(['a']);
    case 'ribRead':
      return ok('text');
    default:
      return ok();
  }
}

/** The hash of a name as a test IPCP's directory holds it. */
export const directoryKey = (name: string): string =>
  testHash
    .digest(
      'SHA3_256',
      Uint8Array.from(name, (letter) => letter.charCodeAt(0)),
    )
    .join('.');
