import type { JsonObject, JsonValue, QosSpec } from '@ouroboros/model';
import type { DaemonStatus, FlowInfo, IpcpInfo, LinkInfo, NameInfo, RouteInfo, WatchEvent } from '@ouroboros/ports';
import type { IpcpReport, RegistrationResult, StartedIpcp } from '@ouroboros/irm';
import { qosWord } from './flows.js';

/** The shapes of --json, described in JSON.md. Keys are only ever added. What is absent is null, never ''. */
const orNull = (text: string): string | null => (text === '' ? null : text);

export const ipcpJson = (ipcp: IpcpInfo): JsonObject => ({
  pid: ipcp.pid,
  name: ipcp.name,
  type: ipcp.type,
  layer: orNull(ipcp.layer),
  state: ipcp.state,
  hash: orNull(ipcp.hash),
  rank: ipcp.rank,
  restart: ipcp.restart,
  restarts: ipcp.restarts,
  flows: ipcp.flows,
});

export const startedJson = ({ ipcp, created, autobindIgnored }: StartedIpcp): JsonObject => ({
  ...ipcpJson(ipcp),
  created,
  autobindIgnored,
});

export const nameJson = (name: NameInfo): JsonObject => ({
  name: name.name,
  balancing: name.balancing,
  spread: name.spread,
  direct: name.direct,
  programs: name.programs.map(({ path, args, auto }) => ({ path, args: [...args], auto })),
  pids: [...name.pids],
  registered: [...name.registered],
});

/** The bandwidth may exceed what a JSON number holds exactly, so it is text. */
export const qosJson = (qos: QosSpec): JsonObject => ({
  name: qosWord(qos),
  delayMs: qos.delay,
  bandwidth: qos.bandwidth.toString(),
  availability: qos.availability,
  loss: qos.loss,
  ber: qos.ber,
  inOrder: qos.inOrder,
  maxGapMs: qos.maxGap,
  timeoutMs: qos.timeout,
});

export const flowJson = (flow: FlowInfo): JsonObject => ({
  flowId: flow.flowId,
  name: flow.name,
  layer: orNull(flow.layer),
  ipcp: orNull(flow.ipcp),
  state: flow.state,
  qos: qosJson(flow.qos),
  protection: flow.crypto && { ...flow.crypto },
  peer: orNull(flow.peer),
  pids: [...flow.pids],
  correlationId: flow.correlationId,
  pathPacketBytes: flow.pathPacket === 0 ? null : flow.pathPacket,
  roundTripMs: flow.roundTripMs === 0 ? null : flow.roundTripMs,
  ageMs: flow.sinceMs,
});

export const statusJson = (status: DaemonStatus): JsonObject => ({
  version: status.version,
  pid: status.pid,
  uptimeMs: status.uptimeMs,
  runtimeDir: status.runtimeDir,
  ready: status.ready,
  waitingFor: [...status.waitingFor],
  warnings: [...status.warnings],
  certificates: status.certificates,
  certificateDays: status.certificates === 0 ? null : status.certificateDays,
  ipcps: status.ipcps.map(ipcpJson),
  names: status.names,
  flows: status.flows,
  processes: status.processes,
});

const linkJson = ({ component, ...link }: LinkInfo): JsonObject => ({ ...link, component: orNull(component) });

const routeJson = (route: RouteInfo): JsonObject => ({ ...route });

/** Of the keys for objects the one of the kind. */
export const watchEventJson = ({ kind, change, sequence, text, ...objects }: WatchEvent): JsonObject => ({
  kind: orNull(kind),
  text,
  sequence,
  change,
  ...(objects.ipcp && { ipcp: ipcpJson(objects.ipcp) }),
  ...(objects.name && { name: nameJson(objects.name) }),
  ...(objects.flow && { flow: flowJson(objects.flow) }),
  ...(objects.link && { link: linkJson(objects.link) }),
  ...(objects.route && { route: routeJson(objects.route) }),
});

export const reportsJson = (reports: readonly IpcpReport[], rows: (report: JsonValue) => JsonObject[]): JsonValue[] =>
  reports.map(({ ipcp, report }) => ({ ipcp: ipcp.name, layer: orNull(ipcp.layer), rows: rows(report) }));

export const registrationJson = (name: string, { ipcps, skipped }: RegistrationResult): JsonObject => ({
  name,
  ipcps: ipcps.map((ipcp) => ipcp.name),
  skipped: skipped.map((ipcp) => ipcp.name),
});
