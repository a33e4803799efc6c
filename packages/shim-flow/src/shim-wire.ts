import type { UserFlow } from '@ouroboros/ipcp-kit';
import type { ShimFlow } from './events.js';
import type { EidRange } from './eid-rotation.js';
import type { ShimPeer, ShimSaying } from './messages.js';
import type { ShimPath } from './shim-path.js';

/** What became of a question about a flow: see PeerWatch. */
export type InquiryAnswer = 'alive' | 'unknown' | 'refused' | 'silent';

/** What a shim must know of the network below it, and do there: all that makes one shim differ from another. */
export interface ShimWire<P extends ShimPeer> {
  /** For error messages: `UDP layer`. */
  readonly title: string;
  readonly eids: EidRange;
  /** Maximum packet lifetime that flows are told, in ms. [spec/wire-shims.md §1.6] */
  readonly mplMs: number;
  /** Longest packet in bytes that flows carry. */
  readonly maxPacket: number;
  /** Longest packet that leaves for the peer in one piece; undefined: each does, or it is not known. */
  wholePacket?(peer: P): number | undefined;
  /** Bytes that a request, and a reply, has room for behind its fixed part and hash. */
  readonly requestRoom: number;
  readonly replyRoom: number;
  /**
   * Nothing is lost while a peer is in reach; the wire says when it is in reach again (inReach) or gone for good (peerGone);
   * and all peers are ours. Default: false.
   */
  readonly dependable?: boolean;
  /** Makes the packet path of a flow; without it a ShimUserFlow does what most shims need. */
  path?(user: UserFlow, shim: ShimFlow<P>): ShimPath<P>;
  /** Sends; what cannot be sent is lost and counted. */
  say(saying: ShimSaying, peer: P): void;
  /** Sends one packet of an open flow; what cannot be sent is lost and counted. `buffer` is valid during the call. */
  sendPacket(flow: ShimFlow<P>, buffer: Uint8Array, offset: number, length: number): void;
  /** True while packets should wait with their writers; then `resume` is called once when they need not. */
  awaitRoom?(resume: () => void): boolean;
  /** Asks the peer whether it has this flow. Never rejects. Without it peers are not watched. */
  inquire?(flow: ShimFlow<P>, limitMs: number): Promise<InquiryAnswer>;
  close(): void;
}

/** Where a wire brings what arrives. */
export interface ShimTaker<P extends ShimPeer> {
  /** The flow that takes packets for an EID from the network; the wire checks that they come from its peer. For packet paths. */
  flowAt(eid: number): ShimPath<P> | undefined;
  /** Everything but packets. */
  said(saying: ShimSaying, peer: P): void;
  /** The peer can be reached again: what it was asked, or answered, may have been lost. */
  inReach(address: string): void;
  /** The peer is out of reach for good: its flows, and what it was asked, have ended. */
  peerGone(address: string): void;
}
