import type { MetricSet } from '@ouroboros/metrics';
import type { JsonObject, JsonValue } from '@ouroboros/model';
import type {
  ConnectRequest,
  DisconnectRequest,
  EnrollRequest,
  FlowJoined,
  IpcpFlowAllocResult,
  LayerInfo,
} from '@ouroboros/ports';
import type { UserDownReason, UserFlow, UserFlowRequest, UserJoinRequest } from './user-flow.js';

/**
 * One component of the resource information base: entry name → its text, made when it is read.
 * [spec/wire-control.md §9]
 */
export type RibComponent = Readonly<Record<string, () => string>>;

/**
 * An IPCP as its type writes it. The kit has checked state, presence of the operation, names and hash lengths before it
 * calls; an operation may reject with OuroborosError. What a type leaves out it must not list in `operations`.
 */
export interface Ipcp<C> {
  /** Makes the first (or, for shims, one) member of a layer. The IPCP is operational when this resolves. */
  bootstrap(layer: string, config: C): Promise<LayerInfo>;
  /** Joins a layer through a member. The IPCP is operational when this resolves; when it rejects it may be tried again. */
  enroll?(request: EnrollRequest): Promise<LayerInfo>;
  connect?(request: ConnectRequest): Promise<void>;
  disconnect?(request: DisconnectRequest): Promise<void>;
  register?(hash: Uint8Array): Promise<void>;
  unregister?(hash: Uint8Array): Promise<void>;
  /** True when the layer has a member, other than only this one, that registered the hash. */
  query?(hash: Uint8Array): Promise<boolean>;
  /**
   * Asks the far end for a flow. When the result is a refusal, or the promise rejects, the kit ends the flow and
   * `userFlowDown` is not called.
   */
  flowAlloc?(request: UserFlowRequest): Promise<IpcpFlowAllocResult>;
  /** Makes the flow one of those that every packet of the layer goes to. When it rejects the kit ends the flow. */
  flowJoin?(request: UserJoinRequest): Promise<FlowJoined>;
  /** `flow.features` has become known. */
  flowAgreed?(flow: UserFlow): void;
  /**
   * The process ended the flow (also while `flowAlloc` is pending). Called within the turn in which the kit learnt it,
   * after `onReadable` has been offered the packets that were still queued. The type tells the far end and forgets the
   * flow; the kit closes the end when the result resolves. Called again should `flowAlloc` resolve accepted afterwards.
   */
  userFlowDown?(flow: UserFlow, reason: UserDownReason): Promise<void> | void;
  /** Fields that the type adds to the `status` report: addresses, for instance. */
  status?(): JsonObject;
  /** Topics of reports that the type offers besides `status`. A wrong argument → EINVAL with its `field`. */
  readonly reports?: Readonly<Record<string, (args: JsonObject) => JsonValue | Promise<JsonValue>>>;
  /** Adds what the type measures to the metrics that all IPCPs have; each time that they are asked for. */
  metrics?(out: MetricSet): void;
  /** Commands of operators, by name. A wrong argument → EINVAL with its `field`. */
  readonly controls?: Readonly<Record<string, (args: JsonObject) => JsonValue | Promise<JsonValue>>>;
  /** Components of the RIB besides `info`. */
  rib?(): Readonly<Record<string, RibComponent>>;
  /** Leaves the layer and frees everything. The kit has ended all flows before. Must not take longer than 500 ms. */
  shutdown(): Promise<void>;
}
