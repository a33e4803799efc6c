import type { UserFlow } from '@ouroboros/ipcp-kit';
import type { ShimFlow } from './events.js';
import type { ShimPeer } from './messages.js';
import type { WatchedFlow } from './peer-watch.js';

/** The packet path of one flow, between its process and the wire. */
export interface ShimPath<P extends ShimPeer> extends WatchedFlow {
  readonly user: UserFlow;
  readonly shim: ShimFlow<P>;
  /** The peer has told its EID: what the user wrote so far, and writes from now on, leaves. Harmless when repeated. */
  start(): void;
  /** Nothing leaves any more. */
  stop(): void;
  /** One packet of the peer; the buffer is valid during the call. */
  receive(buffer: Uint8Array, offset: number, length: number): void;
  /** For paths that keep what the user does not take: resolves when the user's channel has it all; undefined = it has. */
  delivered?(): Promise<void> | undefined;
}
