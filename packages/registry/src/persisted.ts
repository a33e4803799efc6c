import { isJsonObject, type JsonObject, type JsonValue, type QosSpec } from '@ouroboros/model';
import {
  DEFAULT_PATHS,
  OPEN_POLICY,
  type Direct,
  type IpcpBootstrapRequest,
  type IpcpConnectRequest,
  type IpcpEnrollRequest,
  type NamePaths,
  type RestartPolicy,
  type SecurityPolicy,
  type Spread,
} from '@ouroboros/ports';
import { connectionKey, type IpcpEntry, type IpcpTable, type JoinRequest } from './ipcp-table.js';
import type { NameEntry, NameTable } from './names.js';

/** Format of the kept state; another one is not read. */
const VERSION = 1;

/** What a restarted daemon must know: names, bindings, IPCPs, and what these were asked for. */
export function takeSnapshot(names: NameTable, ipcps: IpcpTable): JsonObject {
  const lasting = [...ipcps.all()].filter(({ creating, state }) => creating.length === 0 && state !== 'shutdown');
  return { version: VERSION, names: [...names.all()].map(nameJson), ipcps: lasting.map(ipcpJson) };
}

const nameJson = ({
  name,
  balancing,
  paths,
  security,
  spread,
  direct,
  programs,
  pids,
  ipcps,
}: NameEntry): JsonObject => ({
  name,
  balancing,
  paths: { ...paths },
  security: { ...security },
  spread,
  direct,
  programs: programs.map(({ path, args, auto }) => ({ path, args: [...args], auto })),
  pids: [...pids],
  ipcps: [...ipcps],
});

const ipcpJson = (ipcp: IpcpEntry): JsonObject => ({
  name: ipcp.name,
  type: ipcp.type,
  pid: ipcp.pid,
  restart: ipcp.restart,
  restarts: ipcp.restarts,
  security: { ...ipcp.security },
  join: ipcp.join && { op: ipcp.join.op, request: { ...ipcp.join.request } },
  registrations: [...ipcp.registrations.values()].map(({ value, reached }) => ({ name: value, reached })),
  connections: [...ipcp.connections.values()].map(({ value, reached }) => ({ request: connectJson(value), reached })),
});

const connectJson = ({ name, dst, component, qos }: IpcpConnectRequest): JsonObject => ({
  name,
  dst,
  component,
  qos: { ...qos, bandwidth: qos.bandwidth.toString() },
});

/** Fills empty tables from a kept state. Records that cannot be read are left out and named in the result. */
export function restoreSnapshot(state: JsonObject, names: NameTable, ipcps: IpcpTable): string[] {
  if (state['version'] !== VERSION) return [`version ${JSON.stringify(state['version'] ?? null)}`];
  const faults: string[] = [];
  const each = (key: string, restore: (record: JsonObject) => void): void => {
    asList(state[key]).forEach((record, i) => {
      try {
        restore(asObject(record));
      } catch (thrown) {
        faults.push(`${key}[${i}]: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
    });
  };
  each('names', (record) => restoreName(record, names));
  each('ipcps', (record) => restoreIpcp(record, ipcps));
  return faults;
}

function restoreName(record: JsonObject, names: NameTable): void {
  const balancing = asText(record['balancing']) === 'round-robin' ? 'round-robin' : 'spill';
  const paths = { ...DEFAULT_PATHS, ...asObject(record['paths']) } as unknown as NamePaths;
  const programs = asList(record['programs']).map(asObject);
  const pids = asList(record['pids']).map(asNumber);
  const ipcps = asList(record['ipcps']).map(asText);
  const security = policyOf(record['security']);
  const [spread, direct] = [spreadOf(record), directOf(record)];
  const entry = names.create({ name: asText(record['name']), balancing, paths, security, spread, direct });
  entry.programs = programs.map(({ path, args, auto }) => ({
    path: asText(path),
    args: asList(args).map(asText),
    auto: auto === true,
  }));
  for (const pid of pids) entry.pids.add(pid);
  for (const ipcp of ipcps) entry.ipcps.add(ipcp);
}

function restoreIpcp(record: JsonObject, ipcps: IpcpTable): void {
  const join = joinOf(record['join']);
  const connections = asList(record['connections']).map((value) => connectionOf(asObject(value)));
  const registrations = asList(record['registrations']).map(asObject);
  const ipcp = ipcps.add(asText(record['name']), asText(record['type']), asText(record['restart']) as RestartPolicy);
  ipcp.phase = 'expected';
  ipcp.pid = asNumber(record['pid']);
  ipcp.restarts = asNumber(record['restarts']);
  ipcp.security = policyOf(record['security']);
  ipcp.join = join;
  for (const { name, reached } of registrations) {
    ipcp.registrations.set(asText(name), { value: asText(name), reached: reached === true });
  }
  for (const goal of connections) ipcp.connections.set(connectionKey(goal.value), goal);
}

/** A state that was kept before there were policies has none. */
const policyOf = (value: JsonValue | undefined): SecurityPolicy =>
  value === undefined ? OPEN_POLICY : ({ ...OPEN_POLICY, ...asObject(value) } as SecurityPolicy);

function spreadOf({ spread }: JsonObject): Spread | '' {
  return spread === 'nearest' || spread === 'round-robin' ? spread : '';
}

function directOf({ direct }: JsonObject): Direct | '' {
  return direct === 'allow' || direct === 'deny' ? direct : '';
}

function joinOf(value: JsonValue | undefined): JoinRequest | null {
  if (value === null || value === undefined) return null;
  const { op, request } = asObject(value);
  const fields = asObject(request);
  for (const key of ['name', 'layer']) asText(fields[key]);
  if (op === 'bootstrap') return { op, request: fields as unknown as IpcpBootstrapRequest };
  asText(fields['dst']);
  return { op: 'enroll', request: fields as unknown as IpcpEnrollRequest };
}

function connectionOf(record: JsonObject): { value: IpcpConnectRequest; reached: boolean } {
  const { name, dst, component, qos } = asObject(record['request']);
  const spec = asObject(qos);
  const value: IpcpConnectRequest = {
    name: asText(name),
    dst: asText(dst),
    component: component === 'Management' ? 'Management' : 'Data Transfer',
    qos: { ...spec, bandwidth: BigInt(asText(spec['bandwidth'])) } as unknown as QosSpec,
  };
  return { value, reached: record['reached'] === true };
}

function asObject(value: JsonValue | undefined): JsonObject {
  if (isJsonObject(value)) return value;
  throw new Error(`expected an object, found ${JSON.stringify(value ?? null)}`);
}

function asList(value: JsonValue | undefined): JsonValue[] {
  if (Array.isArray(value)) return value;
  throw new Error(`expected a list, found ${JSON.stringify(value ?? null)}`);
}

function asText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  throw new Error(`expected text, found ${JSON.stringify(value ?? null)}`);
}

function asNumber(value: JsonValue | undefined): number {
  if (typeof value === 'number') return value;
  throw new Error(`expected a number, found ${JSON.stringify(value ?? null)}`);
}
