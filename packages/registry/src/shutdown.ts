/**
 * The orderly end of the node: IPCPs go one rank after the other, those that use others first, so that they can still
 * take leave of their layers; programs that were started for a name go at once.
 *
 * States: idle → ending (each end of an IPCP or program may let further ones go) → over.
 */
import type { AutoStart } from './auto-start.js';
import type { Core } from './core.js';
import type { FlowTable } from './flows.js';
import type { IpcpLife } from './ipcp-life.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';

export interface ShutdownParts {
  readonly core: Core;
  readonly ipcps: IpcpTable;
  readonly flows: FlowTable;
  readonly life: IpcpLife;
  readonly starter: AutoStart;
}

export class Shutdown {
  private requests: number[] = [];

  constructor(private readonly parts: ShutdownParts) {}

  begin(request: number): void {
    const { core, starter } = this.parts;
    this.requests.push(request);
    if (this.requests.length === 1) {
      for (const pid of starter.pids()) core.emit({ kind: 'kill', pid, signal: 'SIGTERM' });
      core.after(core.limits.terminateMs, () => this.killPrograms());
    }
    this.step();
  }

  /** Something has ended. */
  step(): void {
    const { ipcps, life, starter, core } = this.parts;
    if (this.requests.length === 0) return;
    const left = [...ipcps.all()];
    const going = left.filter(({ state }) => state === 'shutdown');
    const free = left.filter((ipcp) => !going.includes(ipcp) && !this.isUsed(ipcp, left));
    const next = free.length === 0 && going.length === 0 ? left : free;
    for (const ipcp of next) life.end(ipcp);
    if (next.length > 0 || going.length > 0 || starter.pids().length > 0) return;
    for (const request of this.requests.splice(0)) core.reply(request, undefined);
  }

  /** Some other IPCP has flows over this one. */
  private isUsed(lower: IpcpEntry, ipcps: readonly IpcpEntry[]): boolean {
    const pids = new Set(ipcps.filter((ipcp) => ipcp !== lower).map(({ pid }) => pid));
    return [...this.parts.flows.all()].some(
      ({ carrier, holders }) => carrier === lower && [...holders].some(({ caller }) => pids.has(caller.pid)),
    );
  }

  private killPrograms(): void {
    const { core, starter } = this.parts;
    for (const pid of starter.pids()) {
      core.emit({ kind: 'kill', pid, signal: 'SIGKILL' });
      starter.exited(pid, 'did not end in time');
    }
    this.step();
  }
}
