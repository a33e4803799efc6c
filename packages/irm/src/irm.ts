import {
  exitStatus,
  OuroborosError,
  fromMs,
  type Component,
  type JsonObject,
  type JsonValue,
  type QosCube,
  checkName,
} from '@ouroboros/model';
import {
  DEFAULT_PATHS,
  OPEN_POLICY,
  sleep,
  type Balancing,
  type Spread,
  type CancelSignal,
  type Clock,
  type DaemonStatus,
  type Direct,
  type FlowInfo,
  type IpcpInfo,
  type IpcpTypeInfo,
  type Management,
  type NameInfo,
  type NamePaths,
  type RestartPolicy,
  type SecurityPolicy,
  type WatchEvent,
  type WatchKind,
} from '@ouroboros/ports';
import { checkPid } from './checks.js';
import { connectIpcp, disconnectIpcp, type ConnectOptions, type DisconnectOptions } from './connect-ipcp.js';
import { checkType, compareIpcps, compareNames } from './ipcp-types.js';
import { regName, unregName, type RegistrationResult } from './register-name.js';
import { collectReports, showIpcp, type CollectedReports, type IpcpDetails } from './reports.js';
import { debugBundle } from './debug-bundle.js';
import { overviewOf, type Overview } from './overview.js';
import { listRib, readRib } from './rib.js';
import { layerGraphs, type LayerGraph } from './layer-graph.js';
import { traceName, type NameTrace } from './trace.js';
import { hasWildcard } from './wildcard.js';
import type { IpcpPatterns } from './select-ipcps.js';
import {
  bootstrapIpcp,
  enrollIpcp,
  type BootstrapOptions,
  type EnrollOptions,
  type StartedIpcp,
} from './start-ipcp.js';
import { explain, type Explanation } from './why/explain.js';
import type { TryFlow } from './why/finding.js';
import { waitReady, type WaitReadyOptions } from './wait-ready.js';

/** What the library asks of the outside. `openIrm` of `@ouroboros/irm/node` has them all. */
export interface IrmPorts {
  readonly management: Management;
  readonly clock: Clock;
  /** Absolute path of a program given by path or looked up in PATH. OuroborosError ENOENT or EPERM. */
  readonly findProgram: (program: string) => Promise<string>;
  /** Lets go of the connection to the daemon. */
  readonly close: () => void;
}

export interface CreateNameOptions {
  /** Default `spill`. (`irm name create` says round-robin where nothing is given.) */
  readonly balancing?: Balancing;
  /** Default: all empty, which means the default locations. */
  readonly paths?: Partial<NamePaths>;
  /** What flows of the name must or may have. Default: as the layer says, or the node. */
  readonly security?: Partial<SecurityPolicy>;
  /** How allocations here are spread over the members that serve the name. Default: as the layer says. */
  readonly spread?: Spread;
  /**
   * Whether flows between two processes of this host may go without a layer between them. Default: as the node says, but not
   * where `security` demands encryption or authentication.
   */
  readonly direct?: Direct;
}

export interface BindProgramOptions {
  /** Start the program when a flow is asked for and no process accepts. Default false. */
  readonly auto?: boolean;
  /** Arguments for the start. Default none. */
  readonly args?: readonly string[];
}

/**
 * Manages one node: everything that the command `irm` does. Names of calls are those of the C library in camelCase.
 * All calls reject with OuroborosError: EIRMD when no daemon answers, ENAME for what is unknown, EINVAL with `field` for
 * an argument that cannot be right, and whatever daemon and IPCP answer with. [spec/architecture.md §7, §8.5]
 */
export class Irm {
  constructor(private readonly ports: IrmPorts) {}

  /** The calls of the daemon one by one, without what this class adds. */
  get management(): Management {
    return this.ports.management;
  }

  /** Ends the connection; calls under way reject. */
  close(): void {
    this.ports.close();
  }

  /**
   * Starts a process `ipcpd-<type>`. `restart` says what becomes of it when it dies; default `on-failure`. `security`
   * is of the flows that it carries; default: as the node says.
   */
  async createIpcp(
    name: string,
    type: string,
    restart: RestartPolicy = 'on-failure',
    security: Partial<SecurityPolicy> = {},
  ): Promise<IpcpInfo> {
    checkName(name, 'name');
    if (hasWildcard(name))
      throw new OuroborosError('EINVAL', `name "${name}": a new IPCP cannot have * in its name`, { field: 'name' });
    checkType(type);
    return this.management.ipcpCreate({ name, type, restart, security: { ...OPEN_POLICY, ...security } });
  }

  /** Ends an IPCP, by its exact name. An unknown name is no error: the result is false. */
  async destroyIpcp(name: string): Promise<boolean> {
    checkName(name, 'name');
    return unlessUnknown(this.management.ipcpDestroy(name));
  }

  /** What flows over an IPCP must have from now on; flows that are up stay as they are. */
  async secureIpcp(name: string, security: Partial<SecurityPolicy>): Promise<void> {
    checkName(name, 'name');
    return this.management.ipcpSecure(name, { ...OPEN_POLICY, ...security });
  }

  /** Sorted by type (local, unicast, broadcast, eth-llc, eth-dix, udp4, udp6, others by name), then pid. */
  async listIpcps(): Promise<readonly IpcpInfo[]> {
    return [...(await this.management.ipcpList())].sort(compareIpcps);
  }

  /** What the program of a type says about it: its rank, its operations, the keys of its configuration. */
  async describeIpcpType(type: string): Promise<IpcpTypeInfo> {
    checkType(type);
    return this.management.ipcpDescribe(type);
  }

  showIpcp(name: string): Promise<IpcpDetails> {
    return showIpcp(this.management, name);
  }

  /** Creates the IPCP when it is absent and a type is given, then bootstraps it; `*` in the name takes all that fit. */
  bootstrapIpcp(options: BootstrapOptions): Promise<readonly StartedIpcp[]> {
    return bootstrapIpcp(this.management, options);
  }

  /** Creates the IPCP when it is absent, then enrolls it; `*` in the name takes all that fit. */
  enrollIpcp(options: EnrollOptions): Promise<readonly StartedIpcp[]> {
    return enrollIpcp(this.management, options);
  }

  connectIpcp(options: ConnectOptions): Promise<readonly Component[]> {
    return connectIpcp(this.management, options);
  }

  disconnectIpcp(options: DisconnectOptions): Promise<readonly Component[]> {
    return disconnectIpcp(this.management, options);
  }

  /** Binds a program (path, or name looked up in PATH) to a name, which is created (spill) when it is new; answers its path. */
  async bindProgram(program: string, name: string, options: BindProgramOptions = {}): Promise<string> {
    checkName(name, 'name');
    const path = await this.ports.findProgram(program);
    await this.management.bindProgram({ program: path, name, auto: options.auto ?? false, args: options.args ?? [] });
    return path;
  }

  /** Binds a process that has announced itself to a name. */
  async bindProcess(pid: number, name: string): Promise<void> {
    checkPid(pid);
    checkName(name, 'name');
    return this.management.bindProcess(pid, name);
  }

  async bindIpcp(ipcp: string, name: string): Promise<void> {
    checkName(ipcp, 'ipcp');
    checkName(name, 'name');
    return this.management.bindIpcp(ipcp, name);
  }

  /** `program` is the base name. Without a name: from all names. */
  async unbindProgram(program: string, name = ''): Promise<void> {
    checkName(program, 'program');
    return this.management.unbindProgram(program, name);
  }

  /** Without a name: from all names. */
  async unbindProcess(pid: number, name = ''): Promise<void> {
    checkPid(pid);
    return this.management.unbindProcess(pid, name);
  }

  async unbindIpcp(ipcp: string, name: string): Promise<void> {
    checkName(ipcp, 'ipcp');
    checkName(name, 'name');
    return this.management.unbindIpcp(ipcp, name);
  }

  /** A name that exists stays unchanged, and the call succeeds. [spec/architecture.md §3] */
  async createName(name: string, options: CreateNameOptions = {}): Promise<void> {
    checkName(name, 'name');
    return this.management.nameCreate({
      name,
      balancing: options.balancing ?? 'spill',
      paths: { ...DEFAULT_PATHS, ...options.paths },
      security: { ...OPEN_POLICY, ...options.security },
      spread: options.spread ?? '',
      direct: options.direct ?? '',
    });
  }

  async destroyName(name: string): Promise<void> {
    checkName(name, 'name');
    return this.management.nameDestroy(name);
  }

  /** What flows under a name must have from now on; flows that are up stay as they are. */
  async secureName(name: string, security: Partial<SecurityPolicy>): Promise<void> {
    checkName(name, 'name');
    return this.management.nameSecure(name, { ...OPEN_POLICY, ...security });
  }

  /** Sorted by name; with a prefix, only names that begin with it. */
  async listNames(prefix = ''): Promise<readonly NameInfo[]> {
    const names = await this.management.nameList();
    return names.filter(({ name }) => name.startsWith(prefix)).sort(compareNames);
  }

  /** Registers a name at all IPCPs that fit one of the patterns; the name is created (spill) when it is new. */
  regName(name: string, patterns: IpcpPatterns): Promise<RegistrationResult> {
    return regName(this.management, name, patterns);
  }

  unregName(name: string, patterns: IpcpPatterns): Promise<RegistrationResult> {
    return unregName(this.management, name, patterns);
  }

  /** Sorted by flow id. */
  async listFlows(): Promise<readonly FlowInfo[]> {
    return [...(await this.management.flowList())].sort((a, b) => a.flowId - b.flowId);
  }

  /** A topic such as `routes`, `neighbors`, `directory` of one IPCP, or of all that offer it. */
  report(topic: string, ipcp?: string): Promise<CollectedReports> {
    return collectReports(this.management, topic, ipcp);
  }

  /** A command of the IPCP's own package, such as the fault switch. */
  control(ipcp: string, command: string, args: JsonObject = {}): Promise<JsonValue> {
    return this.management.ipcpControl(ipcp, command, args);
  }

  /** Entries below a path of the resource information base; empty = the IPCPs. */
  listRib(path = ''): Promise<readonly string[]> {
    return listRib(this.management, path);
  }

  /** Content of `<ipcp>/<path>`. */
  readRib(path: string): Promise<string> {
    return readRib(this.management, path);
  }

  /**
   * Why a name can be reached from here, or why not. With `tryFlow` a flow is asked for as well and ended at once; the
   * server sees it.
   */
  async explain(name: string, tryFlow: TryFlow | null = null): Promise<Explanation> {
    checkName(name, 'name');
    return explain(this.ports, name, tryFlow);
  }

  /**
   * Follows packets of a cube from here to a name, member by member; with `down` each member is also asked what its hop is
   * made of in the layers below. ENAME when no layer of this host has the name.
   */
  async traceName(name: string, cube: QosCube = 0, down = false): Promise<NameTrace> {
    checkName(name, 'name');
    return traceName(this.management, name, cube, down);
  }

  /** The graphs of all layers of this host that have one, or of one: ENAME where no IPCP is in it, ENOTSUP without a graph. */
  async layerGraphs(layer?: string): Promise<readonly LayerGraph[]> {
    if (layer !== undefined) checkName(layer, 'layer');
    return layerGraphs(this.management, layer);
  }

  /**
   * Everything that the daemon and its IPCPs tell, for whoever is to find out what is wrong; names, layers, addresses and paths
   * are hidden, unless `plain`.
   */
  debugBundle({ plain = false } = {}): Promise<JsonObject> {
    return debugBundle(this.management, plain);
  }

  /** As `overview`, again and again, until the signal aborts. */
  async *overviews(intervalMs: number, signal?: CancelSignal): AsyncIterable<Overview> {
    while (!signal?.aborted) {
      yield await this.overview();
      await sleep(this.ports.clock, fromMs(intervalMs), signal).catch(() => undefined);
    }
  }

  /** This host at a glance: layers by rank, names, flows, and the state of the daemon. */
  overview(): Promise<Overview> {
    return overviewOf(this.management);
  }

  status(): Promise<DaemonStatus> {
    return this.management.status();
  }

  /** Waits until the daemon is there and has done all that its configuration asks for. */
  waitReady(options: WaitReadyOptions = {}): Promise<DaemonStatus> {
    return waitReady(this.management, this.ports.clock, options);
  }

  /** What is there of these kinds (default: all), then changes, until the signal aborts or the daemon goes away. */
  watch(signal?: CancelSignal, kinds: readonly WatchKind[] = []): AsyncIterable<WatchEvent> {
    return this.management.watch(signal, kinds);
  }
}

/** True when done, false when what it was about is unknown. */
async function unlessUnknown(call: Promise<void>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof OuroborosError && exitStatus(error.code) === exitStatus('ENAME')) return false;
    throw error;
  }
}
