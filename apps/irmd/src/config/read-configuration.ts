import { isAbsolute, resolve } from 'node:path';
import type { TomlTable } from 'smol-toml';
import { IPCP_TYPES, isShimType, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { Authentication, Encryption, NamePaths, SecurityPolicy } from '@ouroboros/ports';
import {
  DEFAULT_SETTINGS,
  EMPTY_CONFIGURATION,
  NO_METRICS,
  NO_TRACES,
  type ConfigTable,
  type Configuration,
  type IpcpJoin,
  type IpcpTable,
} from './configuration.js';
import type { BoundProgram, IrmdSettings, MetricsSettings, NameTable, TracesSettings } from './configuration.js';
import { expandEnvironment } from './environment.js';
import { keyPath, unknownWord, type Fault } from './fault.js';
import { readApi } from './read-api.js';
import {
  checkName,
  GENERIC_IPCP_KEYS,
  ipcpShape,
  irmdShape,
  metricsShape,
  NAME_FILE_KEYS,
  nameShape,
  readShape,
  tracesShape,
} from './shapes.js';
import type { NameFileKey } from './shapes.js';
import { isTable, parseTables, type TomlEntry } from './toml-tables.js';

/** What reading a configuration asks of the machine. */
export interface ConfigSurroundings {
  /** What `${NAME}` stands for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from: that of the file. */
  readonly folder: string;
  readonly isFile: (path: string) => boolean;
  /** The absolute path of a program named by a path or found in PATH, or undefined. */
  readonly findProgram: (nameOrPath: string) => string | undefined;
  readonly hasGroup: (nameOrNumber: string) => boolean;
  /** Whether a program `ipcpd-<type>` exists. */
  readonly hasIpcpProgram: (type: string, settings: IrmdSettings) => boolean;
}

export interface ReadResult {
  /** Usable only when there are no faults. */
  readonly configuration: Configuration;
  /** All that is wrong, at once; the keys of IPCP packages are checked elsewhere (checkIpcps). */
  readonly faults: readonly Fault[];
}

/** Reads the text of a configuration file. Never throws for what stands in the file. */
export function readConfiguration(text: string, around: ConfigSurroundings): ReadResult {
  const expanded = expandEnvironment(text, around.env);
  if (!expanded.ok) return { configuration: EMPTY_CONFIGURATION, faults: expanded.faults };
  const parsed = parseTables(expanded.text);
  if (!parsed.ok) return { configuration: EMPTY_CONFIGURATION, faults: [parsed.fault] };
  const faults: Fault[] = [];
  const irmd = readSettings(parsed.top['irmd'], around, faults);
  const api = readApi(parsed.top['api'], around, faults);
  const metrics = readMetrics(parsed.top['metrics'], faults);
  const traces = readTraces(parsed.top['traces'], faults);
  checkTop(parsed.top, faults);
  const tables: ConfigTable[] = [];
  for (const entry of parsed.order) {
    if (SETTINGS.includes(entry.type)) continue;
    const table = readEntry(entry, irmd, around, faults);
    if (table) tables.push(table);
  }
  checkUnique(tables, faults);
  return { configuration: { irmd, api, metrics, traces, tables }, faults };
}

/** Tables that are of the daemon, with keys of their own. */
const SETTINGS: readonly string[] = ['irmd', 'api', 'metrics', 'traces'];

function checkTop(top: TomlTable, faults: Fault[]): void {
  for (const [key, value] of Object.entries(top)) {
    if (isTable(value) || key === 'api') continue;
    const message = isType(key)
      ? `must be written as tables [${key}.<name>]`
      : unknownWord('key', key, [...SETTINGS, 'name', ...IPCP_TYPES]);
    faults.push({ path: keyPath(key), message });
  }
}

const isType = (key: string): boolean => [...SETTINGS, 'name', ...IPCP_TYPES].includes(key);

function readSettings(table: unknown, around: ConfigSurroundings, faults: Fault[]): IrmdSettings {
  if (table === undefined) return DEFAULT_SETTINGS;
  const given = readShape(irmdShape, table, ['irmd'], faults);
  if (!given) return DEFAULT_SETTINGS;
  if (given.group !== undefined && !around.hasGroup(given.group)) {
    faults.push({ path: 'irmd.group', message: `this host has no group ${given.group}` });
  }
  const ipcp_path = (given.ipcp_path ?? []).map((folder) => resolve(around.folder, folder));
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...DEFAULT_SETTINGS, ...defined, ipcp_path };
}

function readMetrics(table: unknown, faults: Fault[]): MetricsSettings {
  const given = table === undefined ? undefined : readShape(metricsShape, table, ['metrics'], faults);
  return given ? { listen: given.listen } : NO_METRICS;
}

function readTraces(table: unknown, faults: Fault[]): TracesSettings {
  const given = table === undefined ? undefined : readShape(tracesShape, table, ['traces'], faults);
  return given ? { endpoint: given.endpoint ?? '' } : NO_TRACES;
}

function readEntry(
  entry: TomlEntry,
  irmd: IrmdSettings,
  around: ConfigSurroundings,
  faults: Fault[],
): ConfigTable | undefined {
  const at = [entry.type, entry.name];
  if (!isTable(entry.table)) {
    faults.push({ path: keyPath(...at), message: `must stand in a table [${keyPath(entry.type)}.<name>]` });
    return undefined;
  }
  const wrongName = checkName(entry.name);
  if (wrongName) faults.push({ path: keyPath(...at), message: wrongName });
  if (entry.type === 'name') return readNameTable(entry.name, entry.table, around, faults);
  if (!around.hasIpcpProgram(entry.type, irmd)) {
    faults.push({ path: keyPath(...at), message: missingType(entry.type) });
    return undefined;
  }
  return readIpcpTable(entry.type, entry.name, entry.table, irmd, faults);
}

function missingType(type: string): string {
  if (IPCP_TYPES.includes(type)) return `the program ipcpd-${type} was not found`;
  return `${unknownWord('type', type, ['name', ...IPCP_TYPES])} (and no program ipcpd-${type} was found)`;
}

function readNameTable(
  name: string,
  table: TomlTable,
  around: ConfigSurroundings,
  faults: Fault[],
): NameTable | undefined {
  const given = readShape(nameShape, table, ['name', name], faults);
  if (!given) return undefined;
  const file = (key: NameFileKey): string => {
    const path = given[key];
    if (path === undefined) return '';
    const absolute = isAbsolute(path) ? path : resolve(around.folder, path);
    if (!around.isFile(absolute)) faults.push({ path: keyPath('name', name, key), message: `no file ${absolute}` });
    return absolute;
  };
  const files = Object.fromEntries(NAME_FILE_KEYS.map((key) => [key, file(key)])) as Record<NameFileKey, string>;
  return {
    kind: 'name',
    name,
    balancing: given.lb,
    spread: given.spread ?? '',
    direct: given.direct ?? '',
    paths: namePaths(files),
    security: securityOf(given),
    programs: readPrograms(name, given, around, faults),
  };
}

const securityOf = (given: {
  readonly encryption?: Encryption | undefined;
  readonly authentication?: Authentication | undefined;
}): SecurityPolicy => ({ encryption: given.encryption ?? '', authentication: given.authentication ?? '' });

const namePaths = (files: Readonly<Record<NameFileKey, string>>): NamePaths => ({
  serverEnc: files.server_enc_file,
  serverCrt: files.server_crt_file,
  serverKey: files.server_key_file,
  clientEnc: files.client_enc_file,
  clientCrt: files.client_crt_file,
  clientKey: files.client_key_file,
});

function readPrograms(
  name: string,
  given: { readonly prog: readonly string[]; readonly args: readonly string[] },
  around: ConfigSurroundings,
  faults: Fault[],
): BoundProgram[] {
  if (given.args.length > given.prog.length) {
    const message = `has ${given.args.length} entries for ${given.prog.length} programs in prog`;
    faults.push({ path: keyPath('name', name, 'args'), message });
  }
  const seen = new Set<string>();
  return given.prog.map((program, i) => {
    const at = keyPath('name', name, 'prog', String(i));
    const path = around.findProgram(program);
    if (!path) faults.push({ path: at, message: `no executable file ${program}` });
    else if (seen.has(path)) faults.push({ path: at, message: `${path} is bound to this name twice` });
    seen.add(path ?? program);
    const args = given.args[i];
    return {
      path: path ?? program,
      args: args?.split(/\s+/).filter((word) => word !== '') ?? [],
      auto: args !== undefined,
    };
  });
}

function readIpcpTable(type: string, name: string, table: TomlTable, irmd: IrmdSettings, faults: Fault[]): IpcpTable {
  const given = readShape(ipcpShape, table, [type, name], faults);
  const config = readOpaque(type, name, table, faults);
  if (!given) return faultyIpcp(type, name, table, config);
  const join = joinOf(given);
  const fault = (key: string, message: string): void => void faults.push({ path: keyPath(type, name, key), message });
  if (given.enrol !== undefined && isShimType(type))
    fault('enrol', `IPCPs of type ${type} cannot enroll, only bootstrap`);
  if (given.conn.length > 0 && join?.how !== 'enrol') fault('conn', 'is legal only with enrol');
  if (!join && given.reg.length > 0) fault('reg', 'needs bootstrap or enrol');
  if (!join && given.autobind) fault('autobind', 'needs bootstrap or enrol');
  const { autobind, reg, conn } = given;
  const [restart, security] = [given.restart ?? irmd.restart, securityOf(given)];
  return { kind: 'ipcp', type, name, restart, security, join, autobind, reg, conn, config };
}

/** Stands for a table with faults, so that its program reports the faults in its own keys as well. */
function faultyIpcp(type: string, name: string, table: TomlTable, config: JsonObject): IpcpTable {
  const join: IpcpJoin | null = 'bootstrap' in table || 'enrol' in table ? { how: 'bootstrap', layer: '' } : null;
  const nothing = { restart: 'never', security: securityOf({}), autobind: false, reg: [], conn: [] } as const;
  return { kind: 'ipcp', type, name, ...nothing, join, config };
}

function joinOf(given: {
  readonly bootstrap?: string | undefined;
  readonly enrol?: string | undefined;
}): IpcpJoin | null {
  if (given.enrol !== undefined) return { how: 'enrol', dst: given.enrol };
  return given.bootstrap === undefined ? null : { how: 'bootstrap', layer: given.bootstrap };
}

function readOpaque(type: string, name: string, table: TomlTable, faults: Fault[]): JsonObject {
  const config: [key: string, value: JsonValue][] = [];
  for (const [key, value] of Object.entries(table)) {
    if (GENERIC_IPCP_KEYS.includes(key)) continue;
    const json = toJson(value);
    if (json === undefined)
      faults.push({ path: keyPath(type, name, key), message: 'dates, inf and nan have no meaning here' });
    else config.push([key, json]);
  }
  return Object.fromEntries(config); // `__proto__` is a key as any other, for the program to refuse.
}

/** TOML values as JSON; undefined for those that JSON lacks. */
function toJson(value: unknown): JsonValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) {
    const items = value.map(toJson);
    return items.includes(undefined) ? undefined : (items as JsonValue[]);
  }
  if (!isTable(value)) return undefined;
  const entries = Object.entries(value).map(([key, inner]) => [key, toJson(inner)] as const);
  return entries.some(([, inner]) => inner === undefined) ? undefined : (Object.fromEntries(entries) as JsonObject);
}

function checkUnique(tables: readonly ConfigTable[], faults: Fault[]): void {
  const owners = new Map<string, string>();
  for (const table of tables) {
    if (table.kind !== 'ipcp') continue;
    const owner = owners.get(table.name);
    if (owner) faults.push({ path: keyPath(table.type, table.name), message: `${owner} has the same name` });
    else owners.set(table.name, keyPath(table.type, table.name));
  }
}
