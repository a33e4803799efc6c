import type { QosSpec } from '@ouroboros/model';
import type { ShimMessage, ShimPeer, ShimRequest } from './messages.js';

/** What comes into the handshake. */
export type ShimInput<P extends ShimPeer = ShimPeer> =
  | {
      /** A process of this host wants a flow: ask the peer. `ref` comes back in the outputs. */
      readonly type: 'open';
      readonly ref: number;
      readonly peer: P;
      readonly qos: QosSpec;
      readonly hash: Uint8Array;
      readonly data: Uint8Array;
      /** How long to wait for the answer, in ms. */
      readonly limitMs: number;
    }
  | {
      /** A message arrived. */
      readonly type: 'received';
      readonly peer: P;
      readonly message: ShimMessage;
      /** True when its data shows that the peer is one of ours and takes deallocation messages. */
      readonly ours: boolean;
    }
  | {
      /** The answer to an `arrived`. */
      readonly type: 'answer';
      readonly eid: number;
      readonly response: number;
      readonly data: Uint8Array;
      /** Both ends agreed on deallocation messages. */
      readonly dealloc: boolean;
    }
  /**
   * A peer asks whether the flow with this EID lives, from whatever port: where it is still being requested, the reply to
   * the request was lost.
   */
  | { readonly type: 'asked'; readonly eid: number; readonly address: string }
  /** What both ends of an open flow agreed has become known. */
  | { readonly type: 'agreed'; readonly eid: number; readonly dealloc: boolean }
  /** This host ended the flow, or gives up waiting for its answer. */
  | { readonly type: 'close'; readonly eid: number };

/** What comes out of it. */
export type ShimOutput<P extends ShimPeer = ShimPeer> =
  | { readonly type: 'send'; readonly peer: P; readonly message: ShimMessage }
  /** The request of `ref` goes out under this EID. */
  | { readonly type: 'opening'; readonly ref: number; readonly flow: ShimFlow<P> }
  /** The far end's answer to `ref`. With response 0 the flow is open, else it is gone. */
  | {
      readonly type: 'replied';
      readonly ref: number;
      readonly flow: ShimFlow<P>;
      readonly response: number;
      readonly data: Uint8Array;
    }
  /** No flow for `ref`: nobody answered, all EIDs are in use, or the far end accepted and then ended it. */
  | { readonly type: 'failed'; readonly ref: number; readonly reason: 'no-answer' | 'no-eid' | 'ended' }
  /** A request arrived: an `answer` for `flow.eid` is expected. */
  | { readonly type: 'arrived'; readonly flow: ShimFlow<P>; readonly request: ShimRequest }
  /** A flow that was open, or whose request was presented, has ended: by its peer, or as its remote EID is in use anew. */
  | { readonly type: 'ended'; readonly flow: ShimFlow<P>; readonly cause: 'peer' | 'reused' }
  | { readonly type: 'dropped'; readonly reason: ShimDropReason };

export const SHIM_DROP_REASONS = [
  'bad-eid',
  'unknown-eid',
  'wrong-peer',
  'duplicate',
  'too-many-flows',
  'too-many-pending',
] as const;
export type ShimDropReason = (typeof SHIM_DROP_REASONS)[number];

/** A flow of a shim. Read-only for everybody but the handshake; packet paths look at it for each packet. */
export interface ShimFlow<P extends ShimPeer = ShimPeer> {
  /** Own EID. */
  readonly eid: number;
  readonly peer: P;
  /** 0 until the peer has told it. */
  readonly remoteEid: number;
  /** `requesting`: asked, no answer yet. `arrived`: presented, not answered. `open`. `gone`. */
  readonly state: 'requesting' | 'arrived' | 'open' | 'gone';
}
