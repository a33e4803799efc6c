/**
 * The packet channel: how two processes of one host exchange the packets of the flows that they share.
 *
 * A process has one ChannelHost. For each flow that it shares with another process the IRM daemon gives both sides the
 * same secret ticket; one side `expect`s it (it listens and owns the memory), the other `attach`es. All flows between
 * two processes use one connection, whose end is the notice of death: every FlowEnd of it goes down.
 * [ARCHITECTURE.md, The packet channel]
 */

/** Result of FlowEnd.write; constants, so that nothing is allocated. */
export type WriteVerdict = 'ok' | 'full' | 'down' | 'too-large';

/** Why a flow end is down: closed here, closed by the other side, or the other process is gone. */
export type DownReason = 'closed' | 'peer-closed' | 'peer-gone';

/**
 * Takes one packet. `buffer[offset … offset+length)` is valid only during the call and must not be kept or written.
 * Returning false leaves the packet in the queue and ends the round (the taker has no room).
 */
export type PacketTaker = (buffer: Uint8Array, offset: number, length: number) => boolean;

export interface FlowEnd {
  /** Longest packet in bytes that `write` accepts. */
  readonly maxPacket: number;
  readonly down: DownReason | null;

  /**
   * Queues one packet = `head[0 … headLength)` followed by `body[bodyOffset … bodyOffset+bodyLength)`; both are copied.
   * Packets of one turn of the event loop are published together (`flush` publishes at once). After 'full',
   * `onWritable` is called once when there is room again. A zero-length packet is legal (keep-alive).
   */
  write(head: Uint8Array, headLength: number, body: Uint8Array, bodyOffset: number, bodyLength: number): WriteVerdict;
  /**
   * Bytes that may wait here for the other side from now on; beyond them `write` answers 'full', and `onWritable` comes
   * when no more than half of them wait. At first, and at most, the whole queue. Over a stream (no shared memory) what is
   * under way in the stream comes on top.
   */
  limitWaiting(bytes: number): void;
  flush(): void;

  /** Hands up to `max` packets to `take`, in order; answers how many were taken. */
  read(max: number, take: PacketTaker): number;
  /** Packets received and not yet read. */
  queuedRx(): number;
  /** Packets written that the other side has not yet read. */
  queuedTx(): number;

  /**
   * Called in each turn in which unread packets are queued, while set; null = not interested, which leaves packets in
   * the queue and so holds the writer back. Setting it while packets are queued leads to a call in a later turn.
   */
  onReadable: (() => void) | null;
  onWritable: (() => void) | null;
  /** Called once when the flow goes down from the other side; packets queued before remain readable. */
  onDown: ((reason: DownReason) => void) | null;

  /**
   * Ends the flow for both sides; the other side can still read what was written, even when it has not attached yet: it
   * may for some seconds more. Harmless when repeated.
   */
  close(): void;
}

export interface ExpectOptions {
  /** Only a process of this user may attach; undefined = any that knows the ticket. */
  readonly uid?: number;
}

export interface ChannelHost {
  /** Where other processes attach; null when this host does not listen. */
  readonly path: string | null;
  /** Makes the flow end at once: it can be written before the other side has attached. */
  expect(ticket: Uint8Array, options?: ExpectOptions): FlowEnd;
  /** Attaches to what the process behind `path` expects. EPERM when it expects no such ticket; EPIPE when it is gone. */
  attach(path: string, ticket: Uint8Array): Promise<FlowEnd>;
  /** Resolves when no flow that was closed here waits for its other side any more. */
  settled(): Promise<void>;
  /** Ends all flows; those that were not attached to yet never are. */
  close(): void;
}
