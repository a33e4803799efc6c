import type { AutoStart } from './auto-start.js';
import type { Core } from './core.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';
import type { NameEntry, NameTable } from './names.js';
import type { ProcessEntry, ProcessTable } from './processes.js';
import type { WaitingRoom } from './waiting-room.js';

export interface BindingParts {
  readonly core: Core;
  readonly names: NameTable;
  readonly processes: ProcessTable;
  readonly ipcps: IpcpTable;
  readonly waiting: WaitingRoom;
  readonly starter: AutoStart;
}

/** Which process serves which names: by its program, by its pid, or as the process of an IPCP. */
export class Bindings {
  constructor(private readonly parts: BindingParts) {}

  /** Names that a process has from its first moment. Programs that are bound later give it none. */
  inherit(process: ProcessEntry): void {
    const { names, starter } = this.parts;
    for (const program of new Set([process.announcement.program, starter.programOf(process)])) {
      for (const { name } of names.servedBy(program)) this.bind(process, name);
    }
    const { pid } = process.caller;
    for (const { name, pids } of names.all()) if (pids.has(pid)) this.bind(process, name);
    const ipcp = this.parts.ipcps.ofPid(pid);
    if (ipcp) this.bindIpcpNames(process, ipcp);
  }

  /** The IPCP registered: its process, if it is attached already, serves what the IPCP is bound to. */
  ipcpRegistered(ipcp: IpcpEntry): void {
    for (const process of this.parts.processes.withPid(ipcp.pid)) this.bindIpcpNames(process, ipcp);
  }

  bind(process: ProcessEntry, name: string): void {
    if (process.names.has(name)) return;
    this.parts.processes.bind(process, name);
    this.parts.waiting.bound(process, name);
  }

  unbind(process: ProcessEntry, name: string): void {
    if (!process.names.has(name)) return;
    this.parts.waiting.unbound(process, name);
    this.parts.processes.unbind(process, name);
    this.parts.starter.reconsider(name);
  }

  /** The process is gone. */
  drop(process: ProcessEntry): void {
    const { processes, names, starter, core } = this.parts;
    const served = [...process.names];
    processes.remove(process);
    const { pid } = process.caller;
    if (processes.withPid(pid).length === 0) {
      for (const { pids } of names.all()) if (pids.delete(pid)) core.keep();
    }
    for (const name of served) starter.reconsider(name);
  }

  /** The IPCP does not come back. */
  ipcpForgotten(ipcp: IpcpEntry): void {
    for (const { ipcps } of this.parts.names.all()) ipcps.delete(ipcp.name);
  }

  ofIpcp(ipcp: IpcpEntry): readonly NameEntry[] {
    return [...this.parts.names.all()].filter(({ ipcps }) => ipcps.has(ipcp.name));
  }

  private bindIpcpNames(process: ProcessEntry, ipcp: IpcpEntry): void {
    for (const { name } of this.ofIpcp(ipcp)) this.bind(process, name);
  }
}
