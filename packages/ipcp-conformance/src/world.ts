import type { Flow } from '@ouroboros/flow';
import type { QosSpec } from '@ouroboros/model';
import type { CancelSignal, Management } from '@ouroboros/ports';
import type { IpcpPlan } from './layer-plan.js';

/** An application that serves one name. */
export interface WorldServer {
  /** The next flow to the name. */
  accept(): Promise<Flow>;
}

/** A process that accepts flows and can die. */
export interface WorldVictim {
  /** SIGKILL. */
  kill(): void;
}

/** As of the flow library. */
export interface WorldAllocOptions {
  readonly qos?: QosSpec;
  readonly timeoutMs?: number;
  readonly signal?: CancelSignal;
}

/** One host of a world, with a member of the layer under test. */
export interface WorldHost {
  /** All that `irm` does here. */
  readonly irm: Management;
  /** The member under test: the last of the host's plan. */
  readonly member: IpcpPlan;
  /** A flow of an application of this host. */
  alloc(name: string, options?: WorldAllocOptions): Promise<Flow>;
  /** The client of this host joins a broadcast layer. */
  join(layer: string): Promise<Flow>;
  /** An application serves the name from now on; the name is registered nowhere yet. */
  serve(name: string): Promise<WorldServer>;
  /** As `serve`, by a process of its own that keeps its flows and does not deallocate them. */
  victim(name: string): Promise<WorldVictim>;
  /** A process is bound to the name, and never accepts a flow. */
  mute(name: string): Promise<void>;
  /** SIGKILL for the member under test. */
  killMember(): Promise<void>;
}

/**
 * What the suite needs of the world around a layer: one host, for a type that reaches nobody else, or two with members of one
 * layer. Flows between processes of a host must go through the layer as well.
 */
export interface World {
  readonly hosts: readonly WorldHost[];
  /** Time of this world in ms. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Lets a story happen to its end; rejects when it does. */
  play(story: Promise<void>): Promise<void>;
  /** Sends bytes from a stranger to the member of the last host, below its layer. Absent where nobody can. */
  intrude?(bytes: Uint8Array): Promise<void>;
  /** Ends all of it. */
  close(): Promise<void>;
}
