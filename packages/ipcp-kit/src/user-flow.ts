import type { FlowEnd, FlowArrival, Spread } from '@ouroboros/ports';
import type { QosSpec } from '@ouroboros/model';

/** A flow that the layer offers to a process of this host: the upper end, with the packets to and from the process. */
export interface UserFlow {
  /** Host-wide number, chosen by the IRM daemon. */
  readonly flowId: number;
  /**
   * Packets to and from the process. The type sets `onReadable` and `onWritable` and calls `read` and `write`;
   * `onDown` and `close` belong to the kit.
   */
  readonly end: FlowEnd;
  readonly qos: QosSpec;
  readonly correlationId: string;
  /** True when the process of this host asked for the flow, false when the request came from the layer. */
  readonly allocated: boolean;
  /** Extension features that both ends agreed (OapFeature bits); 0 until known, and with a C peer. */
  readonly features: number;
}

/** An allocation that a process of this host asks the layer for. */
export interface UserFlowRequest {
  /** Its end can be written at once: the process reads it after it has attached. */
  readonly flow: UserFlow;
  /** Hash of the destination name, of the length that the layer's algorithm has. */
  readonly hash: Uint8Array;
  readonly qos: QosSpec;
  /** As the client's entry for the name says; empty = as the layer does. */
  readonly spread: Spread | '';
  /** OAP request. */
  readonly data: Uint8Array;
}

/** A process of this host joins the layer. */
export interface UserJoinRequest {
  readonly flow: UserFlow;
  /** Hash of the name of the layer that is meant. */
  readonly hash: Uint8Array;
}

/** Why the upper end of a flow ended: the process closed it, the process is gone, or the IRM daemon took it back. */
export type UserDownReason = 'peer-closed' | 'peer-gone' | 'dealloc';

/** The answer of this host to a flow request that arrived from the layer. */
export type ArrivalResult =
  | { readonly accepted: true; readonly flow: UserFlow; readonly data: Uint8Array }
  | {
      readonly accepted: false;
      /** Negative error number. */
      readonly response: number;
      /** Bytes that carry the reason to a peer of ours; empty towards C. */
      readonly data: Uint8Array;
    };

/** A flow request that arrived from the layer, as its type tells it. `lacking` may be left out by a layer that lacks nothing. */
export type UserArrival = Omit<FlowArrival, 'lacking'> & Partial<Pick<FlowArrival, 'lacking'>>;

/** The upper side of an IPCP, kept by the kit. */
export interface UserFlows {
  /**
   * Presents a request that arrived from the layer to the IRM daemon. Never rejects: an unreachable IRM daemon is a
   * refusal (EIRMD), as is a shutdown under way.
   */
  arrive(arrival: UserArrival): Promise<ArrivalResult>;
  /**
   * The far end or the layer ended the flow: its process reads what was written and then sees the flow down; the IRM
   * daemon is told. Harmless when repeated; `userFlowDown` is not called for it.
   */
  end(flow: UserFlow): void;
  /** Number of flows held. */
  readonly count: number;
}
