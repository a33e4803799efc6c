import type { ProcessAnnouncement } from '@ouroboros/ports';
import type { Caller } from './messages.js';

/** A process that is attached. */
export interface ProcessEntry {
  readonly session: number;
  /** As the kernel says. */
  readonly caller: Caller;
  readonly announcement: ProcessAnnouncement;
  /** Names that it accepts flows for. */
  readonly names: Set<string>;
  /** Its unanswered requests. */
  readonly requests: Set<number>;
}

/** Attached processes, and which of them serve a name. */
export class ProcessTable {
  private readonly sessions = new Map<number, ProcessEntry>();
  private readonly servers = new Map<string, Set<ProcessEntry>>();

  get count(): number {
    return this.sessions.size;
  }

  all(): IterableIterator<ProcessEntry> {
    return this.sessions.values();
  }

  get(session: number): ProcessEntry | undefined {
    return this.sessions.get(session);
  }

  add(session: number, caller: Caller, announcement: ProcessAnnouncement): ProcessEntry {
    const entry: ProcessEntry = { session, caller, announcement, names: new Set(), requests: new Set() };
    this.sessions.set(session, entry);
    return entry;
  }

  /** Forgets the process and what it serves. */
  remove(entry: ProcessEntry): void {
    this.sessions.delete(entry.session);
    for (const name of [...entry.names]) this.unbind(entry, name);
  }

  bind(entry: ProcessEntry, name: string): void {
    entry.names.add(name);
    const servers = this.servers.get(name) ?? new Set();
    this.servers.set(name, servers.add(entry));
  }

  unbind(entry: ProcessEntry, name: string): void {
    entry.names.delete(name);
    const servers = this.servers.get(name);
    servers?.delete(entry);
    if (servers?.size === 0) this.servers.delete(name);
  }

  /** Living processes that are bound to the name. */
  servingName(name: string): readonly ProcessEntry[] {
    return [...(this.servers.get(name) ?? [])];
  }

  withPid(pid: number): readonly ProcessEntry[] {
    return [...this.sessions.values()].filter((entry) => entry.caller.pid === pid);
  }
}
