import { isDeepStrictEqual } from 'node:util';
import type { ApiSettings, ConfigTable, Configuration, IpcpTable, IrmdSettings, NameTable } from './configuration.js';
import { keyPath, type Fault } from './fault.js';
import { bindStep, tableKey, taskOf, type Step, type Task } from './step.js';

/** What a configuration that was read again means for a node that runs with another one. */
export interface Reload {
  /** Steps that make it true, in the order of the file; removals first. */
  readonly tasks: readonly Task[];
  /** Settings of `[irmd]` that take effect at once, as `key: old → new`. */
  readonly settings: readonly string[];
  /** What cannot change while the node runs: one entry per key, with the reason. */
  readonly refused: readonly Fault[];
  /** What the node runs with afterwards: the new file, without what was refused. */
  readonly effective: Configuration;
}

/** What is on the node now; operators destroy and create by hand, too. */
export interface Living {
  readonly ipcps: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

/** Pure: what SIGHUP does, decided from the two configurations and from what lives. */
export function reloadDiff(configured: Configuration, next: Configuration, lives: Living): Reload {
  const refused: Fault[] = [];
  const settings: string[] = [];
  const irmd = diffSettings(configured.irmd, next.irmd, settings, refused);
  const api = diffApi(configured.api, next.api, settings, refused);
  const { metrics } = next;
  const { traces } = configured;
  if (!isDeepStrictEqual(traces, next.traces))
    refused.push({ path: 'traces.endpoint', message: 'daemons keep it until irmd and its IPCPs are started again' });
  if (!isDeepStrictEqual(configured.metrics, metrics))
    settings.push(`metrics.listen: ${listenText(configured)} → ${listenText(next)}`);
  const running = configured.tables.filter((table) =>
    (table.kind === 'name' ? lives.names : lives.ipcps).has(table.name),
  );
  const living = new Map(running.map((table) => [identity(table), table]));
  const wanted = new Set(next.tables.map(identity));
  const removals: Task[] = [];
  const kept: ConfigTable[] = [];
  for (const table of running) {
    if (wanted.has(identity(table))) continue;
    if (table.kind === 'name') removals.push(removalOf(table));
    else {
      refused.push({
        path: tableKey(table),
        message: `the IPCP lives on: stop it with "irm ipcp destroy name ${table.name}"`,
      });
      kept.push(table);
    }
  }
  const tables: ConfigTable[] = [];
  const changes: Task[] = [];
  for (const table of next.tables) {
    const change = diffTable(living.get(identity(table)), table, refused);
    tables.push(change.effective);
    if (change.steps.length > 0) changes.push({ key: tableKey(table), steps: change.steps });
  }
  return {
    tasks: [...removals, ...changes],
    settings,
    refused,
    effective: { irmd, api, metrics, traces, tables: [...kept, ...tables] },
  };
}

const listenText = ({ metrics: { listen } }: Configuration): string =>
  listen ? `${listen.host}:${listen.port}` : 'nowhere';

/** IPCPs are one space of names whatever their types. */
const identity = (table: ConfigTable): string => `${table.kind} ${table.name}`;

const LIVE_SETTINGS = [
  ...(['log_level', 'direct_flows', 'allow_other_users', 'ipcp_path', 'restart'] as const),
  ...(['encryption', 'authentication'] as const),
];

function diffSettings(running: IrmdSettings, next: IrmdSettings, applied: string[], refused: Fault[]): IrmdSettings {
  if (running.group !== next.group)
    refused.push({ path: 'irmd.group', message: 'the socket keeps its group until irmd is started again' });
  for (const key of LIVE_SETTINGS) {
    if (isDeepStrictEqual(running[key], next[key])) continue;
    applied.push(`irmd.${key}: ${String(running[key])} → ${String(next[key])}`);
  }
  return { ...next, group: running.group };
}

/** Who may do what changes at once; whether and where the API is open does not. The contents of its files are read again. */
function diffApi(
  running: ApiSettings | null,
  next: ApiSettings | null,
  applied: string[],
  refused: Fault[],
): ApiSettings | null {
  const fixed = (api: ApiSettings | null): unknown => api && { ...api, read: [], operate: [] };
  if (!isDeepStrictEqual(fixed(running), fixed(next)))
    refused.push({ path: 'api', message: 'the API stays as it is until irmd is started again' });
  if (!running || !next) return running;
  for (const key of ['read', 'operate'] as const) {
    if (isDeepStrictEqual(running[key], next[key])) continue;
    applied.push(`api.${key}: ${running[key].join(', ')} → ${next[key].join(', ')}`);
  }
  return { ...running, read: next.read, operate: next.operate };
}

const removalOf = (table: NameTable): Task => ({
  key: tableKey(table),
  steps: [
    ...table.programs.map((program): Step => ({ do: 'unbind-program', name: table.name, program: program.path })),
    { do: 'name-destroy', name: table.name },
  ],
});

interface TableChange {
  readonly steps: readonly Step[];
  readonly effective: ConfigTable;
}

function diffTable(running: ConfigTable | undefined, next: ConfigTable, refused: Fault[]): TableChange {
  if (!running) return { steps: taskOf(next).steps, effective: next };
  if (running.kind === 'name' && next.kind === 'name') return diffName(running, next, refused);
  if (running.kind === 'ipcp' && next.kind === 'ipcp') return diffIpcp(running, next, refused);
  throw new Error(`tables of different kinds share the identity ${identity(next)}`);
}

/** What a name keeps as long as it lives, and its key in the file. */
const LASTING_KEYS = [
  ['balancing', 'lb'],
  ['spread', 'spread'],
  ['direct', 'direct'],
] as const;

function diffName(running: NameTable, next: NameTable, refused: Fault[]): TableChange {
  const { name } = next;
  const recreate = `a living name keeps it: "irm name destroy ${name}", then SIGHUP`;
  for (const [field, key] of LASTING_KEYS) {
    if (running[field] !== next[field]) refused.push({ path: keyPath('name', name, key), message: recreate });
  }
  for (const key of Object.keys(next.paths) as (keyof NameTable['paths'])[]) {
    if (running.paths[key] !== next.paths[key])
      refused.push({ path: keyPath('name', name, fileKey(key)), message: recreate });
  }
  const { balancing, spread, direct, paths } = running;
  const same = (list: readonly NameTable['programs'][number][], program: NameTable['programs'][number]): boolean =>
    list.some((other) => isDeepStrictEqual(other, program));
  const gone = running.programs.filter((program) => !same(next.programs, program));
  const fresh = next.programs.filter((program) => !same(running.programs, program));
  const { security } = next;
  const secure: Step[] = samePolicy(running, next) ? [] : [{ do: 'name-secure', name, security }];
  const steps = [
    ...secure,
    ...gone.map((program): Step => ({ do: 'unbind-program', name, program: program.path })),
    ...fresh.map((program) => bindStep(name, program)),
  ];
  return { steps, effective: { ...next, balancing, spread, direct, paths } };
}

/** `serverEnc` → `server_enc_file` */
const fileKey = (key: string): string => `${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_file`;

function diffIpcp(running: IpcpTable, next: IpcpTable, refused: Fault[]): TableChange {
  const { name: ipcp } = next;
  const refuse = (key: string, message: string): void =>
    void refused.push({ path: keyPath(next.type, ipcp, key), message });
  const recreate = `cannot change while the IPCP lives: "irm ipcp destroy name ${ipcp}", then SIGHUP`;
  if (running.type !== next.type) {
    refused.push({
      path: tableKey(next),
      message: `an IPCP ${ipcp} of type ${running.type} lives: "irm ipcp destroy name ${ipcp}", then SIGHUP`,
    });
    return { steps: [], effective: running };
  }
  if (running.restart !== next.restart) refuse('restart', recreate);
  const { restart } = running;
  const { security } = next;
  const secure: Step[] = samePolicy(running, next) ? [] : [{ do: 'ipcp-secure', ipcp, security }];
  if (!running.join && next.join)
    return { steps: [...secure, ...taskOf(next).steps.slice(1)], effective: { ...next, restart } };
  for (const key of changedKeys(running.config, next.config)) refuse(key, recreate);
  if (!isDeepStrictEqual(running.join, next.join)) {
    refuse(next.join?.how ?? running.join?.how ?? 'bootstrap', recreate);
    return { steps: secure, effective: { ...running, security } };
  }
  const effective = { ...next, restart, config: running.config };
  return { steps: [...secure, ...liveSteps(running, next)], effective };
}

function liveSteps(running: IpcpTable, next: IpcpTable): Step[] {
  const { name: ipcp } = next;
  const [leftNames, newNames] = difference(running.reg, next.reg);
  const [leftPeers, newPeers] = difference(running.conn, next.conn);
  const autobind: Step[] = running.autobind === next.autobind ? [] : [{ do: 'ipcp-autobind', ipcp, on: next.autobind }];
  return [
    ...leftNames.map((name): Step => ({ do: 'name-unregister', ipcp, name })),
    ...leftPeers.map((dst): Step => ({ do: 'ipcp-disconnect', ipcp, dst })),
    ...autobind,
    ...newNames.map((name): Step => ({ do: 'name-register', ipcp, name })),
    ...newPeers.map((dst): Step => ({ do: 'ipcp-connect', ipcp, dst })),
  ];
}

const difference = (before: readonly string[], after: readonly string[]): [string[], string[]] => [
  before.filter((item) => !after.includes(item)),
  after.filter((item) => !before.includes(item)),
];

const samePolicy = (running: ConfigTable, next: ConfigTable): boolean =>
  isDeepStrictEqual(running.security, next.security);

const changedKeys = (before: IpcpTable['config'], after: IpcpTable['config']): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
