import type { QosSpec } from '@ouroboros/model';

/**
 * What shims say to each other to make and end flows, apart from how each puts it on its network: the fields `s_eid` and `d_eid`
 * of UDP and `seid` and `deid` of Ethernet name different ends in a reply. [spec/wire-shims.md §2.3, §3.2]
 */
export type ShimMessage = ShimRequest | ShimReply | ShimDealloc;

export interface ShimRequest {
  readonly kind: 'request';
  /** EID chosen by the requester. */
  readonly requester: number;
  readonly qos: QosSpec;
  /** Hash of the destination name. */
  readonly hash: Uint8Array;
  /** OAP request. */
  readonly data: Uint8Array;
}

export interface ShimReply {
  readonly kind: 'reply';
  /** The requester's EID, echoed. */
  readonly requester: number;
  /** EID chosen by the responder, also in a refusal. */
  readonly responder: number;
  /** 0 = accepted, else a negative error number. */
  readonly response: number;
  /** OAP response; in a refusal of a peer of ours the reason; empty in a refusal of a C peer. */
  readonly data: Uint8Array;
}

/** Ours: the sender ended the flow. Never sent to a peer that did not agree on it. */
export interface ShimDealloc {
  readonly kind: 'dealloc';
  /** The sender's own EID. */
  readonly from: number;
  /** The receiver's EID. */
  readonly to: number;
}

/** Ours: does the receiver have this flow? Answered by `alive`, or by `dealloc` when it has not. Only to peers that agreed on it. */
export interface ShimInquiry {
  readonly kind: 'inquiry';
  /** The sender's own EID. */
  readonly from: number;
  /** The receiver's EID. */
  readonly to: number;
}

/** Ours: the answer to an inquiry by a receiver that has the flow. */
export interface ShimAlive {
  readonly kind: 'alive';
  /** The sender's own EID. */
  readonly from: number;
  /** The receiver's EID. */
  readonly to: number;
}

/** Everything that shims say to each other about flows. */
export type ShimSaying = ShimMessage | ShimInquiry | ShimAlive;

/** Where a peer is: of UDP address and port, of Ethernet the MAC and 0. A shim may know more of its peers, and gets it back. */
export interface ShimPeer {
  readonly address: string;
  readonly port: number;
}
