import type { CancelSignal } from './cancel.js';
import type { FlowProtection } from './crypto.js';
import type { FlowCounts } from './flow-service.js';
import type { SecurityPolicy } from './security.js';
import type { Component, ErrorCode, HashAlgorithm, IpcpState, JsonObject, JsonValue, QosSpec } from '@ouroboros/model';

/** Load balancing among the local processes of a name. [spec/architecture.md §3] */
export type Balancing = 'spill' | 'round-robin';
/** How allocations are spread over the members of a layer that serve the name. */
export type Spread = 'nearest' | 'round-robin';
/** Whether a flow between two processes of this host may go without a layer between them. */
export type Direct = 'allow' | 'deny';
export type RestartPolicy = 'never' | 'on-failure' | 'always';

export interface IpcpCreateRequest {
  readonly name: string;
  readonly type: string;
  readonly restart: RestartPolicy;
  /** Of the flows that it carries; absent = as the node's. */
  readonly security?: SecurityPolicy | null;
}

export interface IpcpBootstrapRequest {
  readonly name: string;
  readonly layer: string;
  readonly config: JsonObject;
  /** Bind the IPCP to its own name and to the layer's name. */
  readonly autobind: boolean;
}

export interface IpcpEnrollRequest {
  readonly name: string;
  readonly dst: string;
  /** Fails when the layer found is another one; empty = any. */
  readonly layer: string;
  readonly config: JsonObject;
  readonly autobind: boolean;
}

export interface IpcpConnectRequest {
  readonly name: string;
  readonly dst: string;
  readonly component: Component;
  readonly qos: QosSpec;
}

export interface IpcpDisconnectRequest {
  readonly name: string;
  readonly dst: string;
  readonly component: Component;
}

export interface IpcpInfo {
  readonly pid: number;
  readonly name: string;
  readonly type: string;
  readonly rank: number;
  readonly state: IpcpState;
  /** Empty until bootstrapped or enrolled. */
  readonly layer: string;
  /** Empty until bootstrapped or enrolled. */
  readonly hash: HashAlgorithm | '';
  readonly restart: RestartPolicy;
  readonly restarts: number;
  readonly flows: number;
}

/** What a type of IPCP says about one key of its configuration. */
export interface ConfigKey {
  readonly key: string;
  /** Which values are legal, in words. */
  readonly legal: string;
  /** What it is for; may be empty. */
  readonly help: string;
  /** Without it there is no bootstrap. */
  readonly required: boolean;
  /** Value of an absent key as text; empty where there is none. */
  readonly fallback: string;
}

/** What the program of an IPCP type says about it. */
export interface IpcpTypeInfo {
  readonly type: string;
  /** Order in which layers are asked for a name, lowest first. */
  readonly rank: number;
  readonly operations: readonly string[];
  readonly keys: readonly ConfigKey[];
}

export interface NameCreateRequest {
  readonly name: string;
  readonly balancing: Balancing;
  /** Of flows that are asked for here; empty = as the layer does. */
  readonly spread: Spread | '';
  /** Of flows that are asked for here and served here; empty = as the node does, unless `security` demands something. */
  readonly direct: Direct | '';
  /** Paths of credentials and encryption configuration; empty = the default location. */
  readonly paths: NamePaths;
  /** Of flows that are asked for or served under the name; absent = as the layer's, then the node's. */
  readonly security?: SecurityPolicy | null;
}

export interface NamePaths {
  readonly serverEnc: string;
  readonly serverCrt: string;
  readonly serverKey: string;
  readonly clientEnc: string;
  readonly clientCrt: string;
  readonly clientKey: string;
}

/** All at the default location. */
export const DEFAULT_PATHS: NamePaths = {
  serverEnc: '',
  serverCrt: '',
  serverKey: '',
  clientEnc: '',
  clientCrt: '',
  clientKey: '',
};

export interface NameInfo {
  readonly name: string;
  readonly balancing: Balancing;
  /** Empty = as the layer does. */
  readonly spread: Spread | '';
  /** Empty = as the node does, unless the name demands encryption or authentication. */
  readonly direct: Direct | '';
  readonly programs: readonly { readonly path: string; readonly args: readonly string[]; readonly auto: boolean }[];
  readonly pids: readonly number[];
  /** Names of the IPCPs in whose layer the name is registered. */
  readonly registered: readonly string[];
}

export interface BindProgramRequest {
  readonly program: string;
  readonly name: string;
  readonly auto: boolean;
  readonly args: readonly string[];
}

export interface FlowInfo {
  readonly flowId: number;
  readonly name: string;
  /** Empty for a flow between two local processes. */
  readonly layer: string;
  readonly ipcp: string;
  readonly state: 'alloc-pending' | 'allocated' | 'dealloc-pending';
  readonly qos: QosSpec;
  /** Processes of this host that hold the flow: one, or two for a direct flow. */
  readonly pids: readonly number[];
  readonly correlationId: string;
  readonly sinceMs: number;
  /** Name in the verified certificate of the other host; empty when it showed none. */
  readonly peer: string;
  /** How its packets are protected; null for a plain flow. */
  readonly crypto: FlowProtection | null;
  /** As the last process told that measured: longest packet in bytes that the path takes, and round trip in ms; 0 = not known. */
  readonly pathPacket: number;
  readonly roundTripMs: number;
  /** As the process told last, every ten seconds; null until then, and for a flow within the host. */
  readonly counts?: FlowCounts | null;
}

/** What an IPCP of this host says of a name. `not-operational` also for one that is gone. */
export interface NameLocation {
  readonly ipcp: string;
  readonly type: string;
  readonly layer: string;
  readonly rank: number;
  readonly answer: 'has' | 'has-not' | 'no-answer' | 'not-operational';
  readonly tookMs: number;
  /** Why there is no answer; else empty. */
  readonly text: string;
  /** What the layer knows the name by: its hash in hexadecimal; empty for an IPCP that is in no layer. */
  readonly key: string;
}

/** A flow that did not come about. */
export interface FlowFailure {
  readonly agoMs: number;
  readonly name: string;
  /** Who wanted it: a process of this host, or of another. */
  readonly side: 'local' | 'remote';
  readonly code: ErrorCode;
  /** See ErrorDetail. */
  readonly stage: string;
  readonly text: string;
  /** Empty where no layer was chosen. */
  readonly ipcp: string;
  readonly layer: string;
  readonly correlationId: string;
  /** Of the local process that asked; 0 for a remote one. */
  readonly pid: number;
}

export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly runtimeDir: string;
  readonly ready: boolean;
  /** What is not ready yet, in words. */
  readonly waitingFor: readonly string[];
  /** What works, but needs somebody's attention, such as a certificate that is about to expire: a line each. */
  readonly warnings: readonly string[];
  /** Certificates of this host, and whole days that are left of the one that expires first; 0 and 0 without any. */
  readonly certificates: number;
  readonly certificateDays: number;
  readonly ipcps: readonly IpcpInfo[];
  readonly names: number;
  readonly flows: number;
  readonly processes: number;
}

/** Something that happened, in words. */
export interface StatusEvent {
  readonly kind: 'ipcp' | 'name' | 'flow' | 'process';
  readonly text: string;
}

/** A connection of an IPCP to another member of its layer. */
export interface LinkInfo {
  readonly ipcp: string;
  readonly layer: string;
  /** As the IPCP calls it: an address or a name; empty where it knows none. */
  readonly neighbor: string;
  /** Empty where a type of IPCP knows none. */
  readonly component: string;
  readonly state: string;
  /** The whole row of the IPCP's report `neighbors`. */
  readonly detail: JsonObject;
}

/** Where an IPCP forwards packets to. */
export interface RouteInfo {
  readonly ipcp: string;
  readonly layer: string;
  readonly destination: string;
  readonly nextHop: string;
  /** The whole row of the IPCP's report `routes`. */
  readonly detail: JsonObject;
}

/** What can be watched. Of processes there are notes alone. */
export const WATCH_KINDS = ['ipcp', 'name', 'flow', 'link', 'route', 'process'] as const;
export type WatchKind = (typeof WATCH_KINDS)[number];

/**
 * `present`: is there at the beginning; `complete`: that was all, what follows are changes; `note`: said in words alone.
 * A link or route `changed` when more of it changed than counters.
 */
export type WatchChange = 'present' | 'complete' | 'added' | 'changed' | 'removed' | 'note';

/** One event of a watch. But for notes and `complete`, the field of the kind holds the object, and the others are null. */
export interface WatchEvent {
  /** Counts the events of this watch from 1. */
  readonly sequence: number;
  /** Empty for `complete`. */
  readonly kind: WatchKind | '';
  readonly change: WatchChange;
  /** For people. */
  readonly text: string;
  readonly ipcp: IpcpInfo | null;
  readonly name: NameInfo | null;
  readonly flow: FlowInfo | null;
  readonly link: LinkInfo | null;
  readonly route: RouteInfo | null;
}

/** Everything that `irm` does. All calls reject with OuroborosError. */
export interface Management {
  ipcpCreate(request: IpcpCreateRequest): Promise<IpcpInfo>;
  ipcpDestroy(name: string): Promise<void>;
  /** What flows over the IPCP must have from now on; those that are up stay as they are. */
  ipcpSecure(name: string, security: SecurityPolicy): Promise<void>;
  /** What the program of a type says about it, whether or not an IPCP of that type runs. EIPCPTYPE when there is none. */
  ipcpDescribe(type: string): Promise<IpcpTypeInfo>;
  ipcpList(): Promise<readonly IpcpInfo[]>;
  ipcpBootstrap(request: IpcpBootstrapRequest): Promise<IpcpInfo>;
  ipcpEnroll(request: IpcpEnrollRequest): Promise<IpcpInfo>;
  ipcpConnect(request: IpcpConnectRequest): Promise<void>;
  ipcpDisconnect(request: IpcpDisconnectRequest): Promise<void>;
  /** See IpcpOperations.report and .control. */
  ipcpReport(name: string, topic: string, args?: JsonObject | null): Promise<JsonValue>;
  ipcpControl(name: string, command: string, args: JsonObject): Promise<JsonValue>;
  ribList(ipcp: string, path: string): Promise<readonly string[]>;
  ribRead(ipcp: string, path: string): Promise<string>;
  bindProgram(request: BindProgramRequest): Promise<void>;
  bindProcess(pid: number, name: string): Promise<void>;
  bindIpcp(ipcp: string, name: string): Promise<void>;
  /** An empty name unbinds from all names. */
  unbindProgram(program: string, name: string): Promise<void>;
  unbindProcess(pid: number, name: string): Promise<void>;
  unbindIpcp(ipcp: string, name: string): Promise<void>;
  nameCreate(request: NameCreateRequest): Promise<void>;
  nameDestroy(name: string): Promise<void>;
  /** What flows under the name must have from now on; those that are up stay as they are. */
  nameSecure(name: string, security: SecurityPolicy): Promise<void>;
  nameList(): Promise<readonly NameInfo[]>;
  /** Asks every IPCP of this host for a name, those that cannot be asked included, in the order in which allocations ask. */
  nameLocate(name: string): Promise<readonly NameLocation[]>;
  /** Creates the name (spill) when it is new. */
  nameRegister(name: string, ipcp: string): Promise<void>;
  nameUnregister(name: string, ipcp: string): Promise<void>;
  flowList(): Promise<readonly FlowInfo[]>;
  /** Flows to or from a name that did not come about lately, newest first; an empty name: all that are remembered. */
  flowFailures(name: string): Promise<readonly FlowFailure[]>;
  status(): Promise<DaemonStatus>;
  /**
   * What is there of these kinds (default: all), then changes as they happen, until the signal aborts or the daemon goes
   * away. EAGAIN for a reader that is slower than the changes: it can watch anew.
   */
  watch(signal?: CancelSignal, kinds?: readonly WatchKind[]): AsyncIterable<WatchEvent>;
}
