import type { Component, HashAlgorithm, IpcpState, JsonObject, JsonValue, QosSpec } from '@ouroboros/model';
import type { Spread } from './management.js';

/** What an IPCP tells about itself when it registers, and tells again to an IRM daemon that was restarted. */
export interface IpcpAnnouncement {
  readonly pid: number;
  readonly name: string;
  readonly type: string;
  /** Order in which layers are asked for a name: lowest first. [spec/architecture.md §4.1: local 0, unicast 10, eth-llc 20, eth-dix 30, udp4 40, udp6 50] */
  readonly rank: number;
  /**
   * It stands directly on a network (UDP, Ethernet) that others can listen to: flows between IPCPs are encrypted by
   * default over such a layer alone, so that a stack does not encrypt at each rank.
   */
  readonly onNetwork: boolean;
  /** Path of the ChannelHost on which applications attach to flows of this IPCP. */
  readonly channelPath: string;
  /** Operations that this type has; the others are answered with ENOTSUP before they reach it. */
  readonly operations: readonly string[];
  readonly state: IpcpState;
  /** Null until bootstrapped or enrolled. */
  readonly layer: LayerInfo | null;
  /** Flows that this IPCP holds for local processes. */
  readonly flows: readonly { readonly flowId: number }[];
}

export interface LayerInfo {
  readonly name: string;
  readonly hash: HashAlgorithm;
  /** Bytes of an OAP message that flow requests and replies have room for; 0 = not known. */
  readonly oapRoom: number;
}

export interface BootstrapRequest {
  readonly layer: string;
  /** Opaque to everybody but the IPCP package. */
  readonly config: JsonObject;
}

export interface EnrollRequest {
  /** Destination name: a member's IPCP name or the layer's name. */
  readonly dst: string;
  /** Opaque: what the package wants to know of an enrolling member beyond what enrollment delivers. */
  readonly config: JsonObject;
  readonly correlationId: string;
}

export interface ConnectRequest {
  readonly dst: string;
  readonly component: Component;
  readonly qos: QosSpec;
}

export interface DisconnectRequest {
  readonly dst: string;
  readonly component: Component;
}

export interface IpcpFlowAllocRequest {
  readonly flowId: number;
  /** Hash of the destination name under the layer's algorithm. */
  readonly hash: Uint8Array;
  readonly qos: QosSpec;
  /** As the entry of the name says; empty = as the layer does. */
  readonly spread: Spread | '';
  /** OAP request. */
  readonly data: Uint8Array;
  /** For the local process: it attaches with this ticket. */
  readonly ticket: Uint8Array;
  readonly uid: number;
  readonly correlationId: string;
}

/** A process of this host joins the broadcast layer. */
export interface IpcpFlowJoinRequest {
  readonly flowId: number;
  /** Hash of the layer's name under its algorithm. */
  readonly hash: Uint8Array;
  readonly qos: QosSpec;
  /** For the local process: it attaches with this ticket. */
  readonly ticket: Uint8Array;
  readonly uid: number;
  readonly correlationId: string;
}

export interface FlowJoined {
  readonly mplMs: number;
}

export interface IpcpFlowAllocResult {
  /** 0 = accepted, else the negative error number that the far end or the layer gave. */
  readonly response: number;
  /** Why this member of the layer itself refused, in words; empty when the far end did, or nobody. */
  readonly reason: string;
  readonly mplMs: number;
  /** Longest packet in bytes that the layer carries from here; 0 = what the channel takes, or not known. */
  readonly layerPacket: number;
  /** Longest of those that leave this host in one piece; 0 = as layerPacket, or not known. */
  readonly wholePacket: number;
  /** OAP response; when refused, the data by which a peer of ours says why, or empty. */
  readonly data: Uint8Array;
}

/** A flow request that arrived from the layer. */
export interface FlowArrival {
  readonly hash: Uint8Array;
  readonly qos: QosSpec;
  readonly mplMs: number;
  /** Both as in IpcpFlowAllocResult. */
  readonly layerPacket: number;
  readonly wholePacket: number;
  readonly data: Uint8Array;
  /** What the layer lacks here for the QoS, in words: the flow is to be refused with EQOS. Empty = nothing. */
  readonly lacking: string;
}

/** The IRM daemon's answer to a FlowArrival. */
export interface FlowArrivalAnswer {
  /** 0 = accepted, else a negative error number. */
  readonly response: number;
  /** OAP response, or for a refusal of a peer of ours the data that carries the reason; may be empty. */
  readonly data: Uint8Array;
  /** Host-wide flow id, ticket and user of the accepting process; meaningless when refused. */
  readonly flowId: number;
  readonly ticket: Uint8Array;
  readonly uid: number;
  readonly features: number;
  readonly correlationId: string;
}

/** What the IRM daemon asks of an IPCP. All calls reject with OuroborosError. */
export interface IpcpOperations {
  bootstrap(request: BootstrapRequest): Promise<LayerInfo>;
  enroll(request: EnrollRequest): Promise<LayerInfo>;
  connect(request: ConnectRequest): Promise<void>;
  disconnect(request: DisconnectRequest): Promise<void>;
  register(hash: Uint8Array): Promise<void>;
  unregister(hash: Uint8Array): Promise<void>;
  /**
   * True when the layer has a member, other than only this one, that registered the hash. `correlationId`: of the
   * allocation that asks.
   */
  query(hash: Uint8Array, correlationId: string): Promise<boolean>;
  flowAlloc(request: IpcpFlowAllocRequest): Promise<IpcpFlowAllocResult>;
  /** After the reply of an allocation of ours: what both ends agreed. */
  flowAgreed(flowId: number, features: number): Promise<void>;
  /** ENAME when the hash is not that of the layer. */
  flowJoin(request: IpcpFlowJoinRequest): Promise<FlowJoined>;
  flowDealloc(flowId: number, lingerMs: number): Promise<void>;
  /** A report in JSON: `status`, `routes`, `neighbors`, `directory`, or what else the type offers; `args` as the topic wants them. */
  report(topic: string, args?: JsonObject | null): Promise<JsonValue>;
  /** Type-specific commands of operators, such as fault switches. */
  control(command: string, args: JsonObject): Promise<JsonValue>;
  /** Entries below `path` of the resource information base ('' = top), with C's labels. */
  ribList(path: string): Promise<readonly string[]>;
  ribRead(path: string): Promise<string>;
}

/** What an IPCP asks of the IRM daemon. */
export interface IrmUpcalls {
  /** Resolves when a process has accepted, or the IRM daemon has refused. */
  flowArrived(arrival: FlowArrival): Promise<FlowArrivalAnswer>;
  /** The far end or the layer ended a flow. */
  flowGone(flowId: number): void;
}
