import type { OapTools } from '@ouroboros/oap';
import type { Authentication, Encryption, Hash } from '@ouroboros/ports';

/** What an operator may change while the registry runs. */
export interface RegistryPolicy {
  /** Two processes of this host share a flow without any IPCP between them, where the name says nothing else (direct-flows.ts). */
  readonly directFlows: boolean;
  /** Direct flows between processes of different users are allowed. */
  readonly allowOtherUsers: boolean;
  /**
   * Of flows to and from other hosts, where neither name nor layer says more. Direct flows never leave this host and are neither
   * encrypted nor authenticated.
   */
  readonly encryption: Encryption;
  readonly authentication: Authentication;
}

export const DEFAULT_POLICY: RegistryPolicy = {
  directFlows: true,
  allowOtherUsers: false,
  encryption: 'offer',
  authentication: 'offer',
};

/** Time limits in ms and bounds of queues. Origins: [spec/architecture.md §4.5] unless said otherwise. */
export interface RegistryLimits {
  /** From spawn to registration; 500 in C, but a Node process starts slower. */
  readonly ipcpCreatedMs: number;
  readonly bootstrapMs: number;
  readonly enrollMs: number;
  readonly connectMs: number;
  readonly registerMs: number;
  readonly unregisterMs: number;
  /** Reports, controls and the RIB. */
  readonly reportMs: number;
  /** From SIGTERM to SIGKILL on destroy and shutdown. */
  readonly terminateMs: number;
  /** Below 1 s, so that the error for an unknown name is out within 1 s. */
  readonly queryMs: number;
  /** How long an allocation waits for the far end; and the caller's limit where it gave none. */
  readonly flowAllocMs: number;
  readonly callerMs: number;
  /**
   * How long a flow request waits for a process to accept. Below `flowAllocMs`, so that the refusal with its reason is
   * at the other host before that host gives up.
   */
  readonly acceptWaitMs: number;
  /** What IPCP gets for a deallocation beyond the linger time before its flow id is reused. */
  readonly deallocMs: number;
  /** After a start: how long IPCPs and processes have to come back with their flows. */
  readonly adoptionMs: number;
  /** `bind process`: for the process to attach. C waits 10 ms, which a script that binds right after a start misses. */
  readonly bindProcessMs: number;
  /** For the files of a name to be read; and how many flows may wait for theirs. */
  readonly credentialsMs: number;
  readonly credentialLoads: number;
  /** A freed flow id is not used again before. */
  readonly quarantineMs: number;
  readonly backoffFirstMs: number;
  readonly backoffCapMs: number;
  /** An IPCP that lived this long starts its back-off anew. */
  readonly backoffResetMs: number;
  /** Flow requests that wait for one name. */
  readonly waitingPerName: number;
  /** Unanswered requests of one process. */
  readonly requestsPerProcess: number;
}

export const DEFAULT_LIMITS: RegistryLimits = {
  ipcpCreatedMs: 5_000,
  bootstrapMs: 5_000,
  enrollMs: 20_000,
  connectMs: 20_000,
  registerMs: 20_000,
  unregisterMs: 5_000,
  reportMs: 5_000,
  terminateMs: 5_000,
  queryMs: 900,
  flowAllocMs: 5_000,
  callerMs: 20_000,
  acceptWaitMs: 4_500,
  deallocMs: 5_000,
  adoptionMs: 3_000,
  bindProcessMs: 1_000,
  credentialsMs: 2_000,
  credentialLoads: 4_096,
  quarantineMs: 1_000,
  backoffFirstMs: 100,
  backoffCapMs: 30_000,
  backoffResetMs: 60_000,
  waitingPerName: 4_096,
  requestsPerProcess: 8_192,
};

/** What the daemon around the registry says of itself in `status`. */
export interface DaemonIdentity {
  readonly version: string;
  readonly pid: number;
  readonly runtimeDir: string;
}

export interface RegistryOptions {
  readonly hash: Hash;
  /** Null: this host encrypts nothing. */
  readonly crypto: OapTools['crypto'];
  /** The host answers `loadSecurity`; without, no name has files. */
  readonly credentials: boolean;
  /** 32 secret random bytes from which tickets, OAP ids and correlation ids are drawn. */
  readonly seed: Uint8Array;
  readonly identity: DaemonIdentity;
  readonly policy: RegistryPolicy;
  readonly limits: RegistryLimits;
  /** OapFeature bits that this host offers and agrees to. */
  readonly features: number;
}
