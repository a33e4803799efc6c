import type { Endpoint, JsonObject } from '@ouroboros/model';
import type {
  Authentication,
  Balancing,
  Direct,
  Spread,
  Encryption,
  LogLevel,
  NamePaths,
  RestartPolicy,
  SecurityPolicy,
} from '@ouroboros/ports';
import { DEFAULT_POLICY } from '@ouroboros/registry';

/** The configuration file, checked and with defaults filled in. [spec/architecture.md §6, and ours] */
export interface Configuration {
  readonly irmd: IrmdSettings;
  readonly metrics: MetricsSettings;
  readonly traces: TracesSettings;
  /** Null: management is open to this host alone. */
  readonly api: ApiSettings | null;
  /** Names and IPCPs in the order of the file, in which they are made: lower layers come first. */
  readonly tables: readonly ConfigTable[];
}

/** `[irmd]`: ours; C has no such table. */
export interface IrmdSettings {
  /** Group that may use the management socket (mode 0660); undefined = the owner alone (0600). */
  readonly group: string | undefined;
  readonly log_level: LogLevel;
  /** Flows between two local processes without an IPCP between them. */
  readonly direct_flows: boolean;
  /** Whether processes of other users than the daemon's may attach. */
  readonly allow_other_users: boolean;
  /** Folders searched for `ipcpd-<type>` before all others. */
  readonly ipcp_path: readonly string[];
  /** Restart policy of IPCPs that give none. */
  readonly restart: RestartPolicy;
  /** Of flows to and from other hosts whose name and layer say nothing else. */
  readonly encryption: Encryption;
  readonly authentication: Authentication;
}

/** `[metrics]` */
export interface MetricsSettings {
  /** Where metrics are served over HTTP; undefined = nowhere. */
  readonly listen: Endpoint | undefined;
}

/** `[traces]` */
export interface TracesSettings {
  /** URL of a collector that takes OTLP over HTTP in JSON; empty = nothing is traced. */
  readonly endpoint: string;
}

/** `[api]`: management for other hosts; ours. */
export interface ApiSettings {
  readonly listen: Endpoint;
  /** Absolute paths of PEM files: what we show, and who must have signed what callers show. */
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
  /** Revocation list of the authority. */
  readonly revoked: string | null;
  /** Common names of callers that may look, and of those that may do everything. */
  readonly read: readonly string[];
  readonly operate: readonly string[];
}

export type ConfigTable = NameTable | IpcpTable;

/** `[name.<n>]` */
export interface NameTable {
  readonly kind: 'name';
  readonly name: string;
  readonly balancing: Balancing;
  /** Empty = as the layer does. */
  readonly spread: Spread | '';
  /** Empty = as `direct_flows` says, unless `security` demands something. */
  readonly direct: Direct | '';
  readonly paths: NamePaths;
  readonly security: SecurityPolicy;
  readonly programs: readonly BoundProgram[];
}

export interface BoundProgram {
  readonly path: string;
  readonly args: readonly string[];
  /** Started by the daemon when a flow is asked for and no process accepts: given by an entry in `args`. */
  readonly auto: boolean;
}

/** `[<type>.<i>]` */
export interface IpcpTable {
  readonly kind: 'ipcp';
  readonly type: string;
  readonly name: string;
  readonly restart: RestartPolicy;
  /** Of the flows that it carries. */
  readonly security: SecurityPolicy;
  /** Nothing: the IPCP is only created. `enrol` wins over `bootstrap`. */
  readonly join: IpcpJoin | null;
  readonly autobind: boolean;
  /** Names to register in this IPCP's layer, created where needed. */
  readonly reg: readonly string[];
  /** Destinations for management and then data transfer; only after enrol. */
  readonly conn: readonly string[];
  /** All keys that are not generic, under their names in the file; checked by the IPCP's own program. */
  readonly config: JsonObject;
}

export type IpcpJoin =
  { readonly how: 'bootstrap'; readonly layer: string } | { readonly how: 'enrol'; readonly dst: string };

export const DEFAULT_SETTINGS: IrmdSettings = {
  group: undefined,
  log_level: 'info',
  direct_flows: true,
  allow_other_users: false,
  ipcp_path: [],
  restart: 'on-failure',
  encryption: DEFAULT_POLICY.encryption,
  authentication: DEFAULT_POLICY.authentication,
};

export const NO_METRICS: MetricsSettings = { listen: undefined };

export const NO_TRACES: TracesSettings = { endpoint: '' };

export const EMPTY_CONFIGURATION: Configuration = {
  irmd: DEFAULT_SETTINGS,
  api: null,
  metrics: NO_METRICS,
  traces: NO_TRACES,
  tables: [],
};
