import { sameJson } from '@ouroboros/model';
import type {
  IpcpBootstrapRequest,
  IpcpConnectRequest,
  IpcpCreateRequest,
  IpcpDisconnectRequest,
  IpcpEnrollRequest,
  LayerInfo,
  SecurityPolicy,
} from '@ouroboros/ports';
import type { Core } from './core.js';
import type { IpcpCalls } from './ipcp-calls.js';
import { connectCall, type IpcpGoals } from './ipcp-goals.js';
import type { IpcpLife } from './ipcp-life.js';
import { connectionKey, type IpcpEntry, type IpcpTable, type JoinRequest } from './ipcp-table.js';
import { failure, type Failure, type IpcpCall, type Outcome } from './messages.js';
import { nameFailure } from './names.js';
import { policyFault } from './policies.js';
import { notOperational, unknownIpcp, type NameOps } from './name-ops.js';
import type { Views } from './views.js';

export interface IpcpOpsParts {
  readonly core: Core;
  readonly ipcps: IpcpTable;
  readonly calls: IpcpCalls;
  readonly goals: IpcpGoals;
  readonly life: IpcpLife;
  readonly nameOps: NameOps;
  readonly views: Views;
}

interface UnderWay {
  readonly join: JoinRequest;
  readonly settles: ((outcome: Outcome<LayerInfo>) => void)[];
}

/** Management of IPCPs. [spec/architecture.md §2] */
export class IpcpOps {
  /** Joins that are under way, and who waits for them. */
  private readonly joins = new Map<IpcpEntry, UnderWay>();

  constructor(private readonly parts: IpcpOpsParts) {}

  create(request: number, args: IpcpCreateRequest): void {
    const { name, type, restart, security } = args;
    const { core, ipcps, life } = this.parts;
    const fault =
      nameFailure(name, 'name') ?? nameFailure(type, 'type') ?? restartFault(restart) ?? policyFault(security);
    if (fault) return core.fail(request, fault);
    const existing = ipcps.get(name);
    if (existing) return this.createAgain(request, existing, args);
    if (core.stopping) return core.fail(request, failure('EIRMD', 'the IRM daemon stops'));
    life.create(request, args);
  }

  /** What exists as it is wanted is success. */
  private createAgain(request: number, ipcp: IpcpEntry, wanted: IpcpCreateRequest): void {
    const { core, views } = this.parts;
    const fault = otherThan(ipcp, wanted);
    if (fault) core.fail(request, fault);
    else if (ipcp.creating.length > 0) ipcp.creating.push(request);
    else core.reply(request, views.ipcpInfo(ipcp));
  }

  destroy(request: number, name: string): void {
    const ipcp = this.find(request, name);
    if (ipcp) this.parts.life.destroy(request, ipcp);
  }

  secure(request: number, name: string, security: SecurityPolicy): void {
    const { core } = this.parts;
    const fault = policyFault(security);
    if (fault) return core.fail(request, fault);
    const ipcp = this.find(request, name);
    if (!ipcp) return;
    ipcp.security = security;
    core.keep();
    core.report('ipcp', `IPCP ${name} has another policy`, { ipcp: name, ...security });
    core.reply(request, undefined);
  }

  bootstrap(request: number, args: IpcpBootstrapRequest): void {
    const fault = nameFailure(args.layer, 'layer');
    if (fault) return this.parts.core.fail(request, fault);
    this.join(request, { op: 'bootstrap', request: args }, () => undefined);
  }

  enroll(request: number, args: IpcpEnrollRequest): void {
    const fault = nameFailure(args.dst, 'dst');
    if (fault) return this.parts.core.fail(request, fault);
    this.join(request, { op: 'enroll', request: args }, ({ name }) => {
      if (args.layer === '' || args.layer === name) return undefined;
      const text = `${args.dst} is in layer ${name}, not ${args.layer}; IPCP ${args.name} is a member of ${name} now`;
      return failure('ENAME', text, { field: 'layer', stage: 'layer' });
    });
  }

  connect(request: number, args: IpcpConnectRequest): void {
    const { core, calls } = this.parts;
    const fault = nameFailure(args.dst, 'dst');
    if (fault) return core.fail(request, fault);
    const ipcp = this.findOperational(request, args.name, 'connect');
    if (!ipcp) return;
    calls.call(ipcp, connectCall(args), core.limits.connectMs, (outcome) => {
      if (!outcome.ok) return core.fail(request, outcome.error);
      const key = connectionKey(args);
      ipcp.connections.set(key, { value: args, reached: true });
      ipcp.troubles.delete(`connect ${key}`);
      core.keep();
      core.report('ipcp', `IPCP ${ipcp.name} connected ${key}`, { ipcp: ipcp.name });
      core.reply(request, undefined);
    });
  }

  /** From now on the connection is not made again, whether or not the IPCP could end it. */
  disconnect(request: number, args: IpcpDisconnectRequest): void {
    const { core } = this.parts;
    const ipcp = this.find(request, args.name);
    if (!ipcp) return;
    const key = connectionKey(args);
    if (ipcp.connections.delete(key)) core.keep();
    ipcp.troubles.delete(`connect ${key}`);
    const fault = notOperational(ipcp, 'disconnect');
    if (fault) return core.fail(request, fault);
    const { dst, component } = args;
    this.pass(request, ipcp, { op: 'disconnect', args: [{ dst, component }] }, core.limits.connectMs);
  }

  /** Reports, controls and the RIB: passed to the IPCP, its answer passed back. */
  inquire(request: number, name: string, call: IpcpCall): void {
    const ipcp = this.find(request, name);
    if (ipcp) this.pass(request, ipcp, call, this.parts.core.limits.reportMs);
  }

  private pass(request: number, ipcp: IpcpEntry, call: IpcpCall, limitMs: number): void {
    const { core, calls } = this.parts;
    calls.call(ipcp, call, limitMs, (outcome) => {
      if (outcome.ok) core.reply(request, outcome.value);
      else core.fail(request, outcome.error);
    });
  }

  /** Who asks for the same while it is under way, or when it is done, gets the same answer. */
  private join(request: number, join: JoinRequest, check: (layer: LayerInfo) => Failure | undefined): void {
    const { core, goals } = this.parts;
    const ipcp = this.find(request, join.request.name);
    if (!ipcp) return;
    const settle = (outcome: Outcome<LayerInfo>): void => this.joined(request, ipcp, join, outcome, check);
    if (ipcp.state === 'operational' && ipcp.layer && sameJoin(ipcp.join, join)) {
      return settle({ ok: true, value: ipcp.layer });
    }
    const underWay = this.joins.get(ipcp);
    if (ipcp.joining && underWay && sameJoin(underWay.join, join)) return void underWay.settles.push(settle);
    const fault = notInBoot(ipcp, join.op);
    if (fault) return core.fail(request, fault);
    const settles = [settle];
    this.joins.set(ipcp, { join, settles });
    goals.join(ipcp, join, (outcome) => {
      this.joins.delete(ipcp);
      for (const each of settles) each(outcome);
    });
  }

  private joined(
    request: number,
    ipcp: IpcpEntry,
    join: JoinRequest,
    outcome: Outcome<LayerInfo>,
    check: (layer: LayerInfo) => Failure | undefined,
  ): void {
    const { core, views } = this.parts;
    const wrong = outcome.ok ? check(outcome.value) : outcome.error;
    if (wrong || !outcome.ok) return core.fail(request, wrong!);
    if (join.request.autobind) this.autobind(ipcp, outcome.value.name);
    core.reply(request, views.ipcpInfo(ipcp));
  }

  private autobind(ipcp: IpcpEntry, layer: string): void {
    this.parts.nameOps.bindIpcpTo(ipcp, ipcp.name);
    if (layer !== ipcp.name) this.parts.nameOps.bindIpcpTo(ipcp, layer);
  }

  private find(request: number, name: string): IpcpEntry | undefined {
    const ipcp = this.parts.ipcps.get(name);
    if (!ipcp) this.parts.core.fail(request, { ...unknownIpcp(name), field: 'name' });
    return ipcp;
  }

  private findOperational(request: number, name: string, op: string): IpcpEntry | undefined {
    const ipcp = this.find(request, name);
    const fault = ipcp && notOperational(ipcp, op);
    if (fault) this.parts.core.fail(request, fault);
    return fault ? undefined : ipcp;
  }
}

/** How an IPCP that exists differs from what is wanted, if it does; or why it can't be had now. */
function otherThan(ipcp: IpcpEntry, wanted: IpcpCreateRequest): Failure | undefined {
  const { name } = ipcp;
  const exists = (field: string, text: string): Failure => failure('EEXIST', `IPCP ${name} exists ${text}`, { field });
  if (ipcp.state === 'shutdown') return failure('EBUSY', `IPCP ${name} is being destroyed`, { field: 'name' });
  if (ipcp.type !== wanted.type) return exists('type', `and is of type ${ipcp.type}, not ${wanted.type}`);
  if (ipcp.restart !== wanted.restart) return exists('restart', `with restart ${ipcp.restart}, not ${wanted.restart}`);
  const { encryption, authentication } = wanted.security ?? ipcp.security;
  if (ipcp.security.encryption === encryption && ipcp.security.authentication === authentication) return undefined;
  return exists('security', 'with another policy');
}

/** Whether two IPCPs came, or are to come, into a layer in the same way. Autobind is done besides. */
function sameJoin(a: JoinRequest | null, b: JoinRequest): boolean {
  if (a === null || !sameJson(a.request.config, b.request.config)) return false;
  if (a.op === 'bootstrap') return b.op === 'bootstrap' && a.request.layer === b.request.layer;
  return b.op === 'enroll' && a.request.dst === b.request.dst;
}

function notInBoot(ipcp: IpcpEntry, op: string): Failure | undefined {
  if (ipcp.session !== null && !ipcp.operations.has(op)) {
    return failure('ENOTSUP', `an IPCP of type ${ipcp.type} cannot ${op}`, { field: 'name' });
  }
  if (ipcp.joining) return failure('EBUSY', `IPCP ${ipcp.name} is joining a layer already`, { field: 'name' });
  if (ipcp.session !== null && ipcp.state === 'boot') return undefined;
  const state = ipcp.session === null ? ipcp.phase : `${ipcp.state}${ipcp.layer ? ` in layer ${ipcp.layer.name}` : ''}`;
  return failure('EIPCPSTATE', `IPCP ${ipcp.name} is ${state}; only a new one can ${op}`, { field: 'name' });
}

const restartFault = (restart: string): Failure | undefined =>
  ['never', 'on-failure', 'always'].includes(restart)
    ? undefined
    : failure('EINVAL', `restart is '${restart}', legal: never, on-failure, always`, { field: 'restart' });
