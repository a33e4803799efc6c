import type { ErrorCode, ErrorDetail } from '@ouroboros/model';
import type {
  CredentialFailure,
  CredentialPaths,
  CredentialRole,
  FlowAcceptRequest,
  FlowAllocRequest,
  FlowFacts,
  FlowJoinRequest,
  FlowArrival,
  FlowArrivalAnswer,
  IpcpAnnouncement,
  IpcpOperations,
  LogLevel,
  Management,
  NameSecurity,
  ProcessAnnouncement,
  StatusEvent,
} from '@ouroboros/ports';
import type { RegistryPolicy } from './options.js';

/** Who is on the other end of a local connection, as the kernel says. */
export interface Caller {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** An error as a value; the fields of OuroborosError. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field?: ErrorDetail['field'];
  readonly stage?: ErrorDetail['stage'];
  readonly correlationId?: ErrorDetail['correlationId'];
}

export type Outcome<T = unknown> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure };

/** The operations of Management that end with one reply: all but `watch`. */
export type ManagementOp = Exclude<keyof Management, 'watch' | 'ipcpDescribe'>;
type CallOf<Service, Op extends keyof Service> = {
  [K in Op]: Service[K] extends (...args: infer Args) => unknown ? { readonly op: K; readonly args: Args } : never;
}[Op];
/** One management operation with its arguments. */
export type ManagementCall = CallOf<Management, ManagementOp>;
export type IpcpOp = keyof IpcpOperations;
/** One operation of an IPCP with its arguments. */
export type IpcpCall = CallOf<IpcpOperations, IpcpOp>;

/**
 * What happens to the registry. Sessions (`process`, `ipcp`), requests, arrivals, calls and spawns are numbers that
 * whoever starts them chooses and never uses twice: the driver for sessions, requests and arrivals, the registry for
 * calls, loads and spawns.
 */
export type RegistryInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'manage'; readonly request: number; readonly call: ManagementCall }
  | {
      readonly kind: 'processAttached';
      readonly process: number;
      readonly caller: Caller;
      readonly announcement: ProcessAnnouncement;
    }
  | { readonly kind: 'processClosed'; readonly process: number }
  | {
      readonly kind: 'alloc';
      readonly process: number;
      readonly request: number;
      readonly args: FlowAllocRequest;
      readonly wallNanos: bigint;
    }
  | { readonly kind: 'join'; readonly process: number; readonly request: number; readonly args: FlowJoinRequest }
  | { readonly kind: 'accept'; readonly process: number; readonly request: number; readonly args: FlowAcceptRequest }
  | {
      readonly kind: 'dealloc';
      readonly process: number;
      readonly request: number;
      readonly flowId: number;
      readonly lingerMs: number;
    }
  | { readonly kind: 'flowFacts'; readonly process: number; readonly facts: FlowFacts }
  | { readonly kind: 'cancel'; readonly request: number }
  | {
      readonly kind: 'ipcpAttached';
      readonly ipcp: number;
      readonly caller: Caller;
      readonly announcement: IpcpAnnouncement;
    }
  | { readonly kind: 'ipcpClosed'; readonly ipcp: number }
  | { readonly kind: 'ipcpResult'; readonly call: number; readonly outcome: Outcome }
  | {
      readonly kind: 'flowArrived';
      readonly ipcp: number;
      readonly arrival: number;
      readonly flow: FlowArrival;
      readonly wallNanos: bigint;
    }
  | { readonly kind: 'flowGone'; readonly ipcp: number; readonly flowId: number }
  /** Answers a `loadSecurity`. */
  | { readonly kind: 'securityLoaded'; readonly load: number; readonly found: NameSecurity | CredentialFailure }
  | { readonly kind: 'spawned'; readonly spawn: number; readonly pid: number }
  | { readonly kind: 'spawnFailed'; readonly spawn: number; readonly error: Failure }
  | { readonly kind: 'exited'; readonly pid: number; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'policy'; readonly policy: Partial<RegistryPolicy> }
  | { readonly kind: 'waiting'; readonly reasons: readonly string[] }
  | { readonly kind: 'shutdown'; readonly request: number };

/** What the registry wants done. */
export type RegistryOutput =
  | { readonly kind: 'reply'; readonly request: number; readonly outcome: Outcome }
  | ({ readonly kind: 'callIpcp'; readonly ipcp: number; readonly call: number } & IpcpCall)
  | { readonly kind: 'answerArrival'; readonly arrival: number; readonly answer: FlowArrivalAnswer }
  /** What the files of a name say is wanted; `securityLoaded` with the same number answers. */
  | {
      readonly kind: 'loadSecurity';
      readonly load: number;
      readonly role: CredentialRole;
      readonly name: string;
      readonly paths: CredentialPaths;
    }
  | { readonly kind: 'flowDown'; readonly process: number; readonly flowId: number }
  | { readonly kind: 'spawnIpcp'; readonly spawn: number; readonly name: string; readonly type: string }
  | { readonly kind: 'spawnProgram'; readonly spawn: number; readonly path: string; readonly args: readonly string[] }
  | { readonly kind: 'kill'; readonly pid: number; readonly signal: KillSignal }
  /** What `Registry.snapshot` gives has changed and is worth keeping. */
  | { readonly kind: 'persist' }
  | { readonly kind: 'event'; readonly event: StatusEvent }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

export type KillSignal = 'SIGTERM' | 'SIGKILL';

export const failure = (
  code: ErrorCode,
  message: string,
  detail: { field?: string; stage?: string } = {},
): Failure => ({
  code,
  message,
  ...detail,
});
