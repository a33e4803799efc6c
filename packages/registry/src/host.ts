import type { JsonObject } from '@ouroboros/model';
import type {
  FlowService,
  IpcpAnnouncement,
  IpcpOperations,
  IpcpTypeInfo,
  IrmUpcalls,
  ProcessAnnouncement,
} from '@ouroboros/ports';
import type { Caller, KillSignal } from './messages.js';

/**
 * What the registry needs of the host that it runs on. irmd gives operating-system processes, a simulation gives
 * objects. Exits of everything that was spawned are told by `RegistryDriver.processExited`.
 */
export interface RegistryHost {
  /**
   * Starts the program of an IPCP type; resolves with its pid as soon as it runs. The IPCP then registers by itself.
   * Rejects with EIPCPTYPE when there is no such type.
   */
  spawnIpcp(name: string, type: string): Promise<number>;
  /** What the program of an IPCP type says about it. Rejects with EIPCPTYPE when there is no such type. */
  describeIpcp(type: string): Promise<IpcpTypeInfo>;
  /** Starts a bound program; resolves with its pid as soon as it runs. */
  spawnProgram(path: string, args: readonly string[]): Promise<number>;
  /** Sends a signal; harmless when the process is gone. */
  kill(pid: number, signal: KillSignal): void;
  /** Keeps `state` for the next `RegistryDriverOptions.state`; never called again before it has settled. */
  persist(state: JsonObject): Promise<void>;
  /** The absolute path of a program, PATH searched. Rejects with ENOENT, or EPERM when it cannot be executed. */
  resolveProgram(program: string): Promise<string>;
}

/** An attached process, as the server of the flow service hands it over. */
export interface ProcessSession {
  readonly caller: Caller;
  readonly announcement: ProcessAnnouncement;
  /** Gives the process what the IRM daemon offers; called once. */
  serve(service: FlowService): void;
  /** Tells the process that a flow which it holds has ended. */
  flowDown(flowId: number): void;
  /** `closed` is called once, when the process is gone or has detached. */
  onClose(closed: () => void): void;
}

/** A registered IPCP, as the server of the registration service hands it over. */
export interface IpcpSession {
  readonly caller: Caller;
  readonly announcement: IpcpAnnouncement;
  readonly operations: IpcpOperations;
  /** Gives the IPCP what it may ask of the IRM daemon; called once. */
  serve(upcalls: IrmUpcalls): void;
  onClose(closed: () => void): void;
}
