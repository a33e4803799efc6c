import type { CancelSignal } from './cancel.js';
import type { FlowCrypto, FlowProtection } from './crypto.js';
import type { QosSpec } from '@ouroboros/model';

/** How a process gets at the packets of a flow that the IRM daemon granted. */
export interface ChannelGrant {
  /** Path of the other process's ChannelHost to attach to; empty = the other process attaches to ours. */
  readonly path: string;
  /** 16 secret bytes, for this flow alone. */
  readonly ticket: Uint8Array;
  /** User id of the other process. */
  readonly uid: number;
}

/** A flow, as the IRM daemon hands it to a process. */
export interface FlowGrant {
  readonly flowId: number;
  readonly qos: QosSpec;
  /** Maximum packet lifetime in ms. */
  readonly mplMs: number;
  /** Longest packet in bytes that the layer carries; 0 = what the channel takes, or not known. */
  readonly layerPacket: number;
  readonly channel: ChannelGrant;
  /** The layer that carries the flow; empty for a flow between two local processes. */
  readonly layer: string;
  /** The name that was asked for. */
  readonly name: string;
  /** Extension features that both ends agreed (OapFeature bits); 0 with a C peer. */
  readonly features: number;
  /** How packets are protected; null for a plain flow. The receiver of the grant owns the secret. */
  readonly crypto: FlowCrypto | null;
  /** Correlation id, equal in the logs of both hosts where the peer is ours; 16 hex digits. */
  readonly correlationId: string;
}

export interface FlowAllocRequest {
  readonly name: string;
  readonly qos: QosSpec;
  readonly timeoutMs: number;
}

export interface FlowJoinRequest {
  /** Of the broadcast layer. */
  readonly name: string;
  readonly timeoutMs: number;
}

export interface FlowAcceptRequest {
  /** 0 = no limit. */
  readonly timeoutMs: number;
}

/** What a process tells about itself when it attaches, and tells again to an IRM daemon that was restarted. */
export interface ProcessAnnouncement {
  /** The process's own view; the IRM daemon trusts the kernel's where it differs. */
  readonly pid: number;
  /** Absolute path of the program or script. */
  readonly program: string;
  readonly args: readonly string[];
  /** Where other processes attach for direct flows; empty = nowhere. */
  readonly channelPath: string;
  /** Flows that this process holds. */
  readonly flows: readonly HeldFlow[];
}

export interface HeldFlow {
  readonly flowId: number;
  readonly name: string;
  readonly layer: string;
  readonly correlationId: string;
  readonly qos: QosSpec;
  readonly mplMs: number;
  readonly features: number;
  /** True for the process that asked for the flow, false for the one that accepted it. */
  readonly allocated: boolean;
  /** Of a flow that is encrypted: how, and the name in the other end's certificate. */
  readonly crypto?: (FlowProtection & Pick<FlowCrypto, 'peer'>) | null;
}

/** What happened on a flow so far, as its holder counts. Packets and bytes are those of the user. */
export interface FlowCounts {
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  /** FRCP packets sent again. */
  readonly retransmitted: number;
  /** Packets and messages that never came, or not whole. */
  readonly lost: number;
  /** Packets sent and not yet acknowledged; and how many the peer takes at most. */
  readonly outstanding: number;
  readonly window: number;
  readonly drops: FlowDrops;
}

/** Received packets that were dropped, by what found them wanting. */
export interface FlowDrops {
  readonly checksum: number;
  /** Too short to be a protected packet. */
  readonly short: number;
  readonly unauthentic: number;
  readonly replayed: number;
  readonly unknownEpoch: number;
  /** Data under a key that was not yet good for data. */
  readonly early: number;
  /** Not read by anybody while a key change had to go on. */
  readonly overrun: number;
  /** Frames, fragments and segments that are none. */
  readonly malformed: number;
  readonly duplicate: number;
  /** Refused by FRCP for another reason. */
  readonly frcp: number;
}

/** What the holder of a flow has found out about its path. */
export interface FlowFacts {
  readonly flowId: number;
  /** Longest packet in bytes that the whole path takes in one piece. */
  readonly pathPacket: number;
  /** Smoothed round-trip time in ms; 0 = not measured. */
  readonly roundTripMs: number;
  readonly counts?: FlowCounts | null;
}

/** What the IRM daemon offers to one attached process. All calls reject with OuroborosError. */
export interface FlowService {
  /** ENAME, ENOSERVER, EREFUSED, EQOS, ETIMEDOUT, ENOANSWER, EIRMD (the daemon went away). */
  alloc(request: FlowAllocRequest, signal?: CancelSignal): Promise<FlowGrant>;
  /**
   * A flow to all processes that joined the broadcast layer. ENAME (no member of it on this host), ENOTSUP (it is no
   * broadcast layer), EIPCP, ETIMEDOUT, EIRMD.
   */
  join(request: FlowJoinRequest, signal?: CancelSignal): Promise<FlowGrant>;
  /** ETIMEDOUT, EIRMD. */
  accept(request: FlowAcceptRequest, signal?: CancelSignal): Promise<FlowGrant>;
  /** Ends a flow. `lingerMs`: how long the layer keeps it for the end-to-end protocol, 0 for raw flows. */
  dealloc(flowId: number, lingerMs: number): Promise<void>;
  /** Tells what is to be shown of a flow. Not answered, and lost while the daemon is away. */
  report(facts: FlowFacts): void;
}
