import { OuroborosError, isShimType, sameJson, type JsonObject, type JsonValue } from '@ouroboros/model';
import type {
  BindProgramRequest,
  CancelSignal,
  DaemonStatus,
  FlowFailure,
  FlowInfo,
  IpcpBootstrapRequest,
  IpcpConnectRequest,
  IpcpCreateRequest,
  IpcpDisconnectRequest,
  IpcpEnrollRequest,
  IpcpInfo,
  IpcpTypeInfo,
  Management,
  NameCreateRequest,
  NameInfo,
  NameLocation,
  SecurityPolicy,
  StatusEvent,
  WatchEvent,
  WatchKind,
} from '@ouroboros/ports';

interface MemoryIpcp {
  info: IpcpInfo;
  /** How it came into its layer. */
  how?: JsonObject;
  connections: Set<string>;
}

type Reporter = (ipcp: IpcpInfo) => JsonValue;
type Controller = (ipcp: IpcpInfo, args: JsonObject) => JsonValue;

const FIRST_PID = 4001;

/**
 * The rules of the `Management` port without daemon, process or network: for tests of programs that manage nodes.
 * Every call is noted in `calls`; `failNext` makes one fail; reports, controls, RIB, flows and events are set by the test.
 */
export class MemoryManagement implements Management {
  /** The calls so far, oldest first: name, then arguments. */
  readonly calls: (readonly [call: string, ...args: unknown[]])[] = [];
  /** Layers that can be enrolled in: destination name → layer. */
  readonly reachable = new Map<string, string>();
  /** Types that say something about themselves. */
  readonly types = new Map<string, IpcpTypeInfo>();
  /** Reports by topic. */
  readonly reports = new Map<string, Reporter>();
  /** Commands of `ipcpControl`. */
  readonly controls = new Map<string, Controller>();
  /** RIB entries of every IPCP: `component/entry` → content. */
  readonly rib = new Map<string, string>();
  /** What watchers see; a note unless it says more. */
  readonly events: (StatusEvent | Omit<WatchEvent, 'sequence'>)[] = [];
  /** What IPCPs say of names. */
  readonly locations = new Map<string, readonly NameLocation[]>();
  flows: readonly FlowInfo[] = [];
  flowsFailed: readonly FlowFailure[] = [];
  /** What is not ready yet; empty = ready. */
  waitingFor: readonly string[] = [];
  warnings: readonly string[] = [];
  certificates = 0;
  private readonly failures = new Map<string, OuroborosError[]>();
  private readonly ipcps = new Map<string, MemoryIpcp>();
  private readonly names = new Map<string, NameInfo>();
  private nextPid = FIRST_PID;

  /** The next call of that name rejects with `error`; several queue up. */
  failNext(call: keyof Management, error: OuroborosError): void {
    this.failures.set(call, [...(this.failures.get(call) ?? []), error]);
  }

  /** The arguments of each call of that name. */
  callsOf(call: keyof Management): unknown[][] {
    return this.calls.filter(([name]) => name === call).map(([, ...args]) => args);
  }

  async ipcpCreate(request: IpcpCreateRequest): Promise<IpcpInfo> {
    await this.note('ipcpCreate', request);
    const { name, type, restart } = request;
    const existing = this.ipcps.get(name)?.info;
    if (existing?.type === type && existing.restart === restart) return existing;
    if (existing) throw new OuroborosError('EEXIST', `IPCP "${name}" exists`, { field: 'name' });
    const info: IpcpInfo = {
      pid: this.nextPid++,
      name,
      type,
      rank: isShimType(type) ? 0 : 10,
      state: 'boot',
      layer: '',
      hash: '',
      restart,
      restarts: 0,
      flows: 0,
    };
    this.ipcps.set(name, { info, connections: new Set() });
    return info;
  }

  async ipcpDestroy(name: string): Promise<void> {
    await this.note('ipcpDestroy', name);
    this.ipcp(name);
    this.ipcps.delete(name);
  }

  async ipcpSecure(name: string, security: SecurityPolicy): Promise<void> {
    await this.note('ipcpSecure', name, security);
    this.ipcp(name);
  }

  async ipcpDescribe(type: string): Promise<IpcpTypeInfo> {
    await this.note('ipcpDescribe', type);
    const info = this.types.get(type);
    if (!info) throw new OuroborosError('EIPCPTYPE', `no IPCP type "${type}"`, { field: 'type' });
    return info;
  }

  async ipcpList(): Promise<readonly IpcpInfo[]> {
    await this.note('ipcpList');
    return [...this.ipcps.values()].map(({ info }) => info);
  }

  async ipcpBootstrap(request: IpcpBootstrapRequest): Promise<IpcpInfo> {
    await this.note('ipcpBootstrap', request);
    const { name, layer, config } = request;
    return this.join(name, layer, { layer, config });
  }

  async ipcpEnroll(request: IpcpEnrollRequest): Promise<IpcpInfo> {
    await this.note('ipcpEnroll', request);
    this.requireMembers(request.name);
    const layer = this.reachable.get(request.dst);
    if (layer === undefined)
      throw new OuroborosError('ENAME', `name "${request.dst}" is in no layer`, { field: 'dst' });
    if (request.layer !== '' && request.layer !== layer) {
      throw new OuroborosError('EREFUSED', `"${request.dst}" is in layer "${layer}", not "${request.layer}"`, {
        field: 'layer',
      });
    }
    return this.join(request.name, layer, { dst: request.dst, config: request.config });
  }

  async ipcpConnect(request: IpcpConnectRequest): Promise<void> {
    await this.note('ipcpConnect', request);
    const { connections } = this.requireMembers(request.name);
    connections.add(`${request.component} ${request.dst}`);
  }

  async ipcpDisconnect(request: IpcpDisconnectRequest): Promise<void> {
    await this.note('ipcpDisconnect', request);
    this.requireMembers(request.name).connections.delete(`${request.component} ${request.dst}`);
  }

  async ipcpReport(name: string, topic: string, args?: JsonObject | null): Promise<JsonValue> {
    await this.note('ipcpReport', name, topic, ...(args ? [args] : []));
    const { info } = this.ipcp(name);
    const report = this.reports.get(topic);
    if (!report) throw new OuroborosError('EINVAL', `no report "${topic}"`, { field: 'topic' });
    return report(info);
  }

  async ipcpControl(name: string, command: string, args: JsonObject): Promise<JsonValue> {
    await this.note('ipcpControl', name, command, args);
    const { info } = this.ipcp(name);
    const control = this.controls.get(command);
    if (!control) throw new OuroborosError('EINVAL', `no command "${command}"`, { field: 'command' });
    return control(info, args);
  }

  async ribList(ipcp: string, path: string): Promise<readonly string[]> {
    await this.note('ribList', ipcp, path);
    this.ipcp(ipcp);
    const below = [...this.rib.keys()].filter((entry) => path === '' || entry.startsWith(`${path}/`));
    if (below.length === 0 && path !== '')
      throw new OuroborosError('ENOENT', `no RIB entry "${path}"`, { field: 'path' });
    const depth = path === '' ? 0 : path.split('/').length;
    return [...new Set(below.map((entry) => entry.split('/')[depth]!))];
  }

  async ribRead(ipcp: string, path: string): Promise<string> {
    await this.note('ribRead', ipcp, path);
    this.ipcp(ipcp);
    const content = this.rib.get(path);
    if (content === undefined) throw new OuroborosError('ENOENT', `no RIB entry "${path}"`, { field: 'path' });
    return content;
  }

  async bindProgram(request: BindProgramRequest): Promise<void> {
    await this.note('bindProgram', request);
    const { program: path, args, auto } = request;
    const info = this.ensureName(request.name);
    const known = info.programs.find((program) => program.path === path);
    if (known?.auto === auto && sameJson([...known.args], [...args])) return;
    if (known) throw bound(path, request.name);
    this.names.set(info.name, { ...info, programs: [...info.programs, { path, args, auto }] });
  }

  async bindProcess(pid: number, name: string): Promise<void> {
    await this.note('bindProcess', pid, name);
    this.bindPid(pid, name);
  }

  async bindIpcp(ipcp: string, name: string): Promise<void> {
    await this.note('bindIpcp', ipcp, name);
    this.bindPid(this.ipcp(ipcp).info.pid, name);
  }

  async unbindProgram(program: string, name: string): Promise<void> {
    await this.note('unbindProgram', program, name);
    const keep = ({ path }: { readonly path: string }): boolean =>
      path !== program && path.split('/').pop() !== program;
    for (const info of this.namesFor(name))
      this.names.set(info.name, { ...info, programs: info.programs.filter(keep) });
  }

  async unbindProcess(pid: number, name: string): Promise<void> {
    await this.note('unbindProcess', pid, name);
    this.unbindPid(pid, name);
  }

  async unbindIpcp(ipcp: string, name: string): Promise<void> {
    await this.note('unbindIpcp', ipcp, name);
    this.unbindPid(this.ipcp(ipcp).info.pid, name);
  }

  async nameCreate(request: NameCreateRequest): Promise<void> {
    await this.note('nameCreate', request);
    const { name, balancing, spread, direct } = request;
    const fresh = { name, balancing, spread, direct, programs: [], pids: [], registered: [] };
    if (!this.names.has(name)) this.names.set(name, fresh);
  }

  async nameDestroy(name: string): Promise<void> {
    await this.note('nameDestroy', name);
    this.requireName(name);
    this.names.delete(name);
  }

  async nameSecure(name: string, security: SecurityPolicy): Promise<void> {
    await this.note('nameSecure', name, security);
    this.requireName(name);
  }

  async nameList(): Promise<readonly NameInfo[]> {
    await this.note('nameList');
    return [...this.names.values()];
  }

  async nameLocate(name: string): Promise<readonly NameLocation[]> {
    await this.note('nameLocate', name);
    return this.locations.get(name) ?? [];
  }

  async nameRegister(name: string, ipcp: string): Promise<void> {
    await this.note('nameRegister', name, ipcp);
    if (this.ipcp(ipcp).info.type === 'broadcast')
      throw new OuroborosError('ENOTSUP', 'a broadcast IPCP has no directory');
    if (this.ipcp(ipcp).info.layer === '')
      throw new OuroborosError('EIPCPSTATE', `IPCP "${ipcp}" is in no layer`, { field: 'ipcp' });
    const info = this.ensureName(name);
    this.names.set(name, { ...info, registered: [...info.registered, ipcp] });
  }

  async nameUnregister(name: string, ipcp: string): Promise<void> {
    await this.note('nameUnregister', name, ipcp);
    const info = this.requireName(name);
    this.names.set(name, { ...info, registered: info.registered.filter((other) => other !== ipcp) });
  }

  async flowList(): Promise<readonly FlowInfo[]> {
    await this.note('flowList');
    return this.flows;
  }

  async flowFailures(name: string): Promise<readonly FlowFailure[]> {
    await this.note('flowFailures', name);
    return this.flowsFailed.filter((failed) => name === '' || failed.name === name);
  }

  async status(): Promise<DaemonStatus> {
    await this.note('status');
    return {
      version: '0.1.0',
      pid: FIRST_PID - 1,
      uptimeMs: 12_000,
      runtimeDir: '/run/ouroboros',
      ready: this.waitingFor.length === 0,
      waitingFor: this.waitingFor,
      warnings: this.warnings,
      certificates: this.certificates,
      certificateDays: this.certificates === 0 ? 0 : 364,
      ipcps: [...this.ipcps.values()].map(({ info }) => info),
      names: this.names.size,
      flows: this.flows.length,
      processes: 0,
    };
  }

  async *watch(signal?: CancelSignal, kinds: readonly WatchKind[] = []): AsyncIterable<WatchEvent> {
    await this.note('watch', kinds);
    const objects = { ipcp: null, name: null, flow: null, link: null, route: null };
    for (const [i, event] of this.events.entries()) {
      if (signal?.aborted) return;
      yield { sequence: i + 1, change: 'note', ...objects, ...event };
    }
  }

  private note(call: keyof Management, ...args: unknown[]): Promise<void> {
    this.calls.push([call, ...args]);
    const failure = this.failures.get(call)?.shift();
    return failure ? Promise.reject(failure) : Promise.resolve();
  }

  private join(name: string, layer: string, how: JsonObject): IpcpInfo {
    const ipcp = this.ipcp(name);
    if (ipcp.how && sameJson(ipcp.how, how)) return ipcp.info;
    if (ipcp.info.state !== 'boot')
      throw new OuroborosError('EIPCPSTATE', `IPCP "${name}" is ${ipcp.info.state}`, { field: 'name' });
    ipcp.how = how;
    ipcp.info = {
      ...ipcp.info,
      layer,
      hash: ipcp.info.type.startsWith('udp') ? 'MD5' : 'SHA3_256',
      state: 'operational',
    };
    return ipcp.info;
  }

  private ipcp(name: string): MemoryIpcp {
    const found = this.ipcps.get(name);
    if (!found) throw new OuroborosError('ENAME', `IPCP "${name}" is unknown`, { field: 'name' });
    return found;
  }

  private requireMembers(name: string): MemoryIpcp {
    const ipcp = this.ipcp(name);
    if (isShimType(ipcp.info.type))
      throw new OuroborosError('ENOTSUP', `an IPCP of type ${ipcp.info.type} has no members to join`);
    return ipcp;
  }

  private requireName(name: string): NameInfo {
    const found = this.names.get(name);
    if (!found) throw new OuroborosError('ENAME', `name "${name}" is unknown`, { field: 'name' });
    return found;
  }

  private namesFor(name: string): readonly NameInfo[] {
    return name === '' ? [...this.names.values()] : [this.requireName(name)];
  }

  private ensureName(name: string): NameInfo {
    const fresh = { name, balancing: 'spill', spread: '', direct: '', programs: [], pids: [], registered: [] } as const;
    return this.names.get(name) ?? fresh;
  }

  private bindPid(pid: number, name: string): void {
    const info = this.ensureName(name);
    this.names.set(name, { ...info, pids: [...new Set([...info.pids, pid])] });
  }

  private unbindPid(pid: number, name: string): void {
    for (const info of this.namesFor(name))
      this.names.set(info.name, { ...info, pids: info.pids.filter((other) => other !== pid) });
  }
}

const bound = (what: string, name: string): OuroborosError =>
  new OuroborosError('EEXIST', `${what} is bound to "${name}" already`, { field: 'name' });
