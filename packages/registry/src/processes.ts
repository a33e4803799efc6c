import type { ProcessAnnouncement } from '@ouroboros/ports';
import type { Caller } from './messages.js';

/**
 * What a process has shown itself to be. All instances of a bound program are bound, but one that asks for flows and has
 * never accepted one is a client: a program that is both, like oping, must not be waited for where it is the client.
 */
export type ProcessRole = 'unknown' | 'client' | 'server';

/** A process that is attached. */
export interface ProcessEntry {
  readonly session: number;
  /** As the kernel says. */
  readonly caller: Caller;
  readonly announcement: ProcessAnnouncement;
  /** Names that it is bound to. */
  readonly names: Set<string>;
  role: ProcessRole;
  /** Its unanswered requests. */
  readonly requests: Set<number>;
  /** Layers that it stands on: of whose flows it has or had some. */
  readonly layers: Set<string>;
}

/** Of a process that comes back after a restart of this daemon, by the flows that it holds. */
function roleOf({ flows }: ProcessAnnouncement): ProcessRole {
  if (flows.length === 0) return 'unknown';
  return flows.some(({ allocated }) => !allocated) ? 'server' : 'client';
}

/** Attached processes, and which of them serve a name. */
export class ProcessTable {
  private readonly sessions = new Map<number, ProcessEntry>();
  private readonly bound = new Map<string, Set<ProcessEntry>>();

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
    const role = roleOf(announcement);
    const layers = new Set(announcement.flows.map(({ layer }) => layer).filter((layer) => layer !== ''));
    const own = { names: new Set<string>(), requests: new Set<number>(), layers };
    const entry: ProcessEntry = { session, caller, announcement, role, ...own };
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
    const bound = this.bound.get(name) ?? new Set();
    this.bound.set(name, bound.add(entry));
  }

  unbind(entry: ProcessEntry, name: string): void {
    entry.names.delete(name);
    const bound = this.bound.get(name);
    bound?.delete(entry);
    if (bound?.size === 0) this.bound.delete(name);
  }

  /** Living processes that are bound to the name. */
  boundTo(name: string): readonly ProcessEntry[] {
    return [...(this.bound.get(name) ?? [])];
  }

  /** Those of them that accept flows, or may still do so: not clients. */
  servingName(name: string): readonly ProcessEntry[] {
    return this.boundTo(name).filter(({ role }) => role !== 'client');
  }

  withPid(pid: number): readonly ProcessEntry[] {
    return [...this.sessions.values()].filter((entry) => entry.caller.pid === pid);
  }
}
