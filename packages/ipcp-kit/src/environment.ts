import type { FlowHost } from '@ouroboros/flow';
import type { JsonValue } from '@ouroboros/model';
import type {
  Clock,
  CredentialStore,
  DatagramNetwork,
  EthernetNetwork,
  Hash,
  HostResolver,
  Logger,
  Management,
  Random,
  Tracer,
  VitalSigns,
} from '@ouroboros/ports';
import type { Counters } from './counters.js';
import type { UserFlows } from './user-flow.js';

/** Small JSON values that survive a restart of the IPCP, one per key (`[a-z0-9-]+`). Kept per IPCP name. */
export interface StateStore {
  /** Undefined when nothing (readable) is stored. */
  read(key: string): Promise<JsonValue | undefined>;
  /** Atomic: after a crash the old or the new value is there. EIO. */
  write(key: string, value: JsonValue): Promise<void>;
}

/** What an IPCP may ask its IRM daemon about other IPCPs of the host, those that carry its lower flows above all. */
export type HostReports = Pick<Management, 'flowList' | 'ipcpList' | 'ipcpReport'>;

/** What the outside gives to an IPCP. Everything is replaceable, so that a simulation can run the IPCP in virtual time. */
export interface IpcpPorts {
  /** Name of the IPCP. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly logger: Logger;
  readonly datagrams: DatagramNetwork;
  readonly ethernet: EthernetNetwork;
  readonly resolver: HostResolver;
  readonly store: StateStore;
  /** Flows of lower layers, asked for and accepted by name; null unless the type `usesLowerFlows`. */
  readonly flows: FlowHost | null;
  /** Absent for types that do not use lower flows. */
  readonly host?: HostReports | undefined;
  /** Of the process, for metrics; absent where there is none, as in a simulation. */
  readonly vitals?: VitalSigns;
  /** Where steps of allocations and enrollments go; absent: nothing is traced. */
  readonly tracer?: Tracer;
  /** Certificates of this host: who this IPCP is, and who is believed. Absent: there are none. */
  readonly credentials?: CredentialStore | undefined;
}

/** What an IPCP is created with. */
export interface IpcpEnvironment extends IpcpPorts {
  /** The N+1 side: flows that this IPCP holds for processes of its host. */
  readonly users: UserFlows;
  readonly counters: Counters;
}
