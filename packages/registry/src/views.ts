import { byText } from '@ouroboros/model';
import type { DaemonStatus, FlowInfo, IpcpInfo, NameInfo } from '@ouroboros/ports';
import type { Core } from './core.js';
import type { FlowEntry, FlowTable } from './flows.js';
import { goneBelow, goneInWords } from './ground.js';
import type { IpcpGoals } from './ipcp-goals.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';
import type { NameEntry, NameTable } from './names.js';
import type { ProcessTable } from './processes.js';

export interface ViewParts {
  readonly core: Core;
  readonly names: NameTable;
  readonly processes: ProcessTable;
  readonly ipcps: IpcpTable;
  readonly flows: FlowTable;
  readonly goals: IpcpGoals;
}

/** What operators see. */
export class Views {
  /** What the daemon around the registry still waits for. */
  waitingFor: readonly string[] = [];
  startedAt = 0;

  constructor(private readonly parts: ViewParts) {}

  ipcpInfo(ipcp: IpcpEntry): IpcpInfo {
    const { name, pid, type, rank, state, layer, restart, restarts } = ipcp;
    const flows = [...this.parts.flows.all()].filter(({ carrier }) => carrier === ipcp).length;
    const [layerName, hash] = layer ? ([layer.name, layer.hash] as const) : (['', ''] as const);
    return { pid, name, type, rank, state, layer: layerName, hash, restart, restarts, flows };
  }

  /** By the text of the type, then pid; the order of types that the specification gives is made by the tools. */
  ipcpList(): IpcpInfo[] {
    const all = [...this.parts.ipcps.all()].map((ipcp) => this.ipcpInfo(ipcp));
    return all.sort((a, b) => byText(a.type, b.type) || a.pid - b.pid || byText(a.name, b.name));
  }

  nameList(): NameInfo[] {
    return [...this.parts.names.all()].map((entry) => this.nameInfo(entry)).sort((a, b) => byText(a.name, b.name));
  }

  flowList(): FlowInfo[] {
    return [...this.parts.flows.all()].map((flow) => this.flowInfo(flow)).sort((a, b) => a.flowId - b.flowId);
  }

  status(): DaemonStatus {
    const { core, names, flows, processes, goals } = this.parts;
    const waitingFor = [...this.waitingFor, ...goals.unreached(), ...this.groundless()];
    return {
      ...core.options.identity,
      uptimeMs: msSince(core, this.startedAt),
      ready: waitingFor.length === 0 && !core.stopping,
      waitingFor,
      // The registry reads no files; the daemon around it adds what it sees there.
      warnings: [],
      certificates: 0,
      certificateDays: 0,
      ipcps: this.ipcpList(),
      names: names.count,
      flows: flows.count,
      processes: processes.count,
    };
  }

  /** IPCPs that stand on a layer that is gone. */
  private groundless(): string[] {
    const { ipcps, processes } = this.parts;
    return [...ipcps.all()].flatMap(({ name, pid, session }) => {
      const gone = session === null ? [] : processes.withPid(pid).flatMap((process) => goneBelow(process, this.parts));
      return gone.length === 0 ? [] : [`IPCP ${name}: ${goneInWords(gone)}`];
    });
  }

  private nameInfo({ name, balancing, spread, direct, programs }: NameEntry): NameInfo {
    const { processes, ipcps } = this.parts;
    const pids = new Set(processes.boundTo(name).map(({ caller }) => caller.pid));
    const registered = [...ipcps.all()].filter(({ registrations }) => registrations.get(name)?.reached);
    return {
      name,
      balancing,
      spread,
      direct,
      programs: programs.map(({ path, args, auto }) => ({ path, args, auto })),
      pids: [...pids].sort((a, b) => a - b),
      registered: registered.map((ipcp) => ipcp.name).sort(byText),
    };
  }

  private flowInfo(flow: FlowEntry): FlowInfo {
    const { flowId, name, layer, ipcp, state, qos, correlationId, peer, crypto, pathPacket, roundTripMs, counts } =
      flow;
    const pids = [...flow.holders].map(({ caller }) => caller.pid);
    return {
      flowId,
      name,
      layer,
      ipcp,
      state,
      qos,
      pids,
      correlationId,
      peer,
      crypto,
      pathPacket,
      roundTripMs,
      counts,
      sinceMs: msSince(this.parts.core, flow.since),
    };
  }
}

const msSince = (core: Core, since: number): number => Math.max(0, Math.floor((core.now - since) / 1000));
