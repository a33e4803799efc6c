import type { IpcpState } from '@ouroboros/model';
import {
  OPEN_POLICY,
  type IpcpBootstrapRequest,
  type IpcpConnectRequest,
  type IpcpEnrollRequest,
  type LayerInfo,
  type RestartPolicy,
  type SecurityPolicy,
} from '@ouroboros/ports';
import type { Timer } from './timer-heap.js';

/**
 * Where the process of an IPCP is. `spawning`: asked for, not registered. `expected`: lived before this daemon was
 * started, has not come back yet. `living`: registered. `ending`: gone or told to go, not yet known to be over.
 * `resting`: waits for its restart.
 */
export type IpcpPhase = 'spawning' | 'expected' | 'living' | 'ending' | 'resting';

export type JoinRequest =
  | { readonly op: 'bootstrap'; readonly request: IpcpBootstrapRequest }
  | { readonly op: 'enroll'; readonly request: IpcpEnrollRequest };

/** Something that an IPCP was asked for and shall have again after a restart. */
export interface Goal<T> {
  readonly value: T;
  /** It has it now. */
  reached: boolean;
}

export interface IpcpEntry {
  readonly name: string;
  type: string;
  restart: RestartPolicy;
  phase: IpcpPhase;
  /** Session of the living process. */
  session: number | null;
  /** 0 = not known. */
  pid: number;
  uid: number;
  /** The daemon started it and will be told of its exit. */
  child: boolean;
  rank: number;
  /** See IpcpAnnouncement. */
  onNetwork: boolean;
  /** Of the flows that it carries. */
  security: SecurityPolicy;
  channelPath: string;
  operations: ReadonlySet<string>;
  state: IpcpState;
  layer: LayerInfo | null;
  /** A bootstrap or enrollment is under way. */
  joining: boolean;
  /** How it came into its layer. */
  join: JoinRequest | null;
  /** Names registered in it. */
  readonly registrations: Map<string, Goal<string>>;
  /** Connections it has, by `connectionKey`. */
  readonly connections: Map<string, Goal<IpcpConnectRequest>>;
  /** Goals that are being worked on. */
  readonly underWay: Set<string>;
  /** Why goals were not reached at the last attempt. */
  readonly troubles: Map<string, string>;
  /** For the next attempt at unreached goals. */
  retryTimer: Timer | null;
  retries: number;
  restarts: number;
  /** Restarts since it last lived long. */
  failures: number;
  /** Microseconds; of the last registration. */
  livingSince: number;
  lifeTimer: Timer | null;
  /** Requests that wait for the creation. */
  creating: number[];
  /** Requests that wait for the end. */
  destroying: number[];
}

export const connectionKey = (connection: { readonly dst: string; readonly component: string }): string =>
  `${connection.component} to ${connection.dst}`;

/** The IPCPs of this host by name. */
export class IpcpTable {
  private readonly entries = new Map<string, IpcpEntry>();

  all(): IterableIterator<IpcpEntry> {
    return this.entries.values();
  }

  get(name: string): IpcpEntry | undefined {
    return this.entries.get(name);
  }

  ofSession(session: number): IpcpEntry | undefined {
    for (const entry of this.entries.values()) if (entry.session === session) return entry;
    return undefined;
  }

  ofPid(pid: number): IpcpEntry | undefined {
    for (const entry of this.entries.values()) if (entry.pid === pid) return entry;
    return undefined;
  }

  add(name: string, type: string, restart: RestartPolicy): IpcpEntry {
    const entry: IpcpEntry = {
      name,
      type,
      restart,
      phase: 'spawning',
      session: null,
      pid: 0,
      uid: 0,
      child: false,
      rank: 0,
      onNetwork: false,
      security: OPEN_POLICY,
      channelPath: '',
      operations: new Set(),
      state: 'null',
      layer: null,
      joining: false,
      join: null,
      registrations: new Map(),
      connections: new Map(),
      underWay: new Set(),
      troubles: new Map(),
      retryTimer: null,
      retries: 0,
      restarts: 0,
      failures: 0,
      livingSince: 0,
      lifeTimer: null,
      creating: [],
      destroying: [],
    };
    this.entries.set(name, entry);
    return entry;
  }

  remove(entry: IpcpEntry): void {
    this.entries.delete(entry.name);
  }

  /** The member of a layer that processes can join. One of another type does not hide it, as it does in C. */
  memberToJoin(layer: string): IpcpEntry | undefined {
    return [...this.entries.values()].find(
      (one) =>
        one.session !== null &&
        one.state === 'operational' &&
        one.layer?.name === layer &&
        one.operations.has('flowJoin'),
    );
  }

  /** IPCPs that can be asked for a name, in the order in which their answers count. [spec/architecture.md §4.1] */
  carriers(): readonly IpcpEntry[] {
    return [...this.entries.values()]
      .filter(({ session, state, layer, operations }) => {
        return (
          session !== null && state === 'operational' && layer && operations.has('query') && operations.has('flowAlloc')
        );
      })
      .sort((a, b) => a.rank - b.rank || a.pid - b.pid);
  }
}
