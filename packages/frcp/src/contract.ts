import type { Micros } from '@ouroboros/model';
import type { PacketTaker } from '@ouroboros/ports';

/** How one flow is to behave. All of it is fixed for the life of the flow. */
export interface FrcpConfig {
  /** True for loss = 0: what was written is retransmitted until the peer took it. False: ordered, gaps are skipped. */
  readonly reliable: boolean;
  /** Both ends agreed on FRCP_SELECTIVE: selective acknowledgements and windows beyond 256 packets. False towards C. */
  readonly selective: boolean;
  /** Number of the first data packet, unsigned 32 bit: random, as a guess must not find a running flow. */
  readonly initialSeqno: number;
  /** Maximum packet lifetime in ms, as the layer reports it. */
  readonly mplMs: number;
  /** Bytes that are kept until the peer took them; reliable flows alone. Default FRCP_BUFFER_BYTES. */
  readonly sendBytes?: number;
  /** Bytes that are kept until they are read. Default FRCP_BUFFER_BYTES. */
  readonly receiveBytes?: number;
  /** Most packets in either window: a power of 2 from 4 to FRCP_MAX_WINDOW, which is the default. Towards C between 64 and 256. */
  readonly maxWindow?: number;
}

/** Longest `head` of a write. */
export const FRCP_MAX_HEAD = 64;
/** Default of both buffers of a flow. */
export const FRCP_BUFFER_BYTES = 1 << 22;
/** Most packets in a window: enough for the default buffer with packets of 1,024 bytes. */
export const FRCP_MAX_WINDOW = 4096;

/**
 * What the machine does to its surroundings; the caller owns the object.
 *
 * `transmit` is called from within every call of Frcp that takes a time, and must not call back. The others are called
 * last in such a call, when all state is settled, and may call back.
 */
export interface FrcpOutputs {
  /**
   * Sends the packet `head[0 … headLength)` + `body[offset … offset+length)` to the peer; both are valid during the call
   * only. False: nothing was sent as the queue below is full; the machine keeps what it had to send and goes on when
   * `resume` is called, or at its next deadline.
   */
  transmit(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): boolean;
  /** Something can be read, where before there was nothing. */
  readable(): void;
  /** `write` may succeed again after 'full'. */
  writable(): void;
  /**
   * All that was written has arrived (`delivered` is true), the peer's process has taken all of it (`taken`), or the flow
   * may be given back (`drained`). Called whenever one of them becomes true.
   */
  settled(): void;
  /** A packet was not acknowledged for R (120 s) after it was first sent, or a closed window not opened. Called once. */
  failed(): void;
}

/** 'full': nothing was taken, `writable` follows. 'down': the flow failed or was closed. 'too-large': never fits. */
export type FrcpWrite = 'ok' | 'full' | 'down' | 'too-large';

/**
 * What became of a received packet. `data`: kept for the reader. `control`: no data in it. The others were dropped:
 * `short`: less than a header; `no-run`: data before the first packet of its run; `duplicate`: data that is here or was
 * taken; `outside`: beyond the window; `no-room`: the buffer is full; `closed`: after `close`, nobody will read it;
 * `malformed`: acknowledges what was not sent, or ranges that are none.
 */
export type FrcpVerdict =
  'data' | 'control' | 'short' | 'no-run' | 'duplicate' | 'outside' | 'no-room' | 'closed' | 'malformed';

/** What happened so far. Bytes are those of the user. */
export interface FrcpCounters {
  dataSent: number;
  bytesSent: number;
  retransmitted: number;
  /** Retransmissions because a timer expired; the others follow from acknowledgements. */
  timeouts: number;
  controlSent: number;
  rendezvousSent: number;
  dataReceived: number;
  bytesReceived: number;
  controlReceived: number;
  /** Unreliable flows: packets that were skipped. */
  gaps: number;
  droppedDuplicate: number;
  /** Drops of all other verdicts. */
  dropped: number;
}

/** FRCT flags of fccntl. [spec/wire-frcp.md §10.3] */
export const FRCTFRTX = 1;
/** The send window is obeyed. */
export const FRCTFRESCNTL = 2;
/** Deallocation waits until what was written is delivered. */
export const FRCTFLINGER = 4;

/**
 * FRCP of one flow, as the flow library uses it. All calls are synchronous, allocate nothing per packet and never throw
 * for what a peer sent. `now` never goes backwards.
 */
export interface FrcpFlow {
  /** When `wake` is to be called, or NEVER. Read it after each call; waking early is harmless, so a timer that is set for an earlier time can stay. */
  readonly deadline: Micros;
  readonly counters: Readonly<FrcpCounters>;
  /** Longest payload in bytes that `write` takes: what the send buffer holds; no limit on unreliable flows. */
  readonly maxPayload: number;
  /** FRCT flags; FRCTFRTX cannot be changed, other bits are ignored. */
  flags: number;

  /**
   * Sends one data packet with the payload `head[0 … headLength)` + `body[offset … offset+length)`, at least 1 byte
   * (empty packets are keep-alives and bypass FRCP); headLength is at most FRCP_MAX_HEAD. Both are copied where they must be kept.
   */
  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number, now: Micros): FrcpWrite;
  /**
   * True when a message of so many bytes in so many payloads can be written now, all of it, or is too long to wait for that.
   * False is like 'full' of `write`: `writable` follows.
   */
  takesAll(bytes: number, payloads: number): boolean;
  /**
   * Takes one packet from the peer, not empty, decrypted and without checksum. Its payload is copied and kept, unless it is what the
   * reader is to have next and `take` takes it from where it lies; `take` must not call this object, but for `gap`.
   */
  receive(buffer: Uint8Array, offset: number, length: number, now: Micros, take?: PacketTaker): FrcpVerdict;
  /**
   * Hands up to `max` payloads to `take`, in order; answers how many were taken. A payload that `take` refuses stays.
   * `take` must not call this object; within it `gap` tells of the payload at hand.
   */
  read(max: number, take: PacketTaker, now: Micros): number;
  /** Unreliable flows, within `take`: true when packets are missing just before this one. */
  readonly gap: boolean;
  /** Payloads that `read` would hand over now. */
  readonly readableCount: number;

  /**
   * Begins a batch of calls: until `uncork` nothing is called but takers, and nothing leaves but the answer to a rendez-vous. What
   * the calls made due leaves at `uncork` in as few packets as can be: one acknowledgement for all that arrived.
   * Batches may be nested; the outermost counts.
   */
  cork(): void;
  uncork(now: Micros): void;

  wake(now: Micros): void;
  /** The queue below has room again. */
  resume(now: Micros): void;

  /**
   * Nothing will be written or read any more: writes answer 'down', acknowledgements that are due go out at once, and
   * what arrives is acknowledged as arrived and dropped. Goes on sending what was written; `settled` follows.
   */
  close(now: Micros): void;
  /** Everything written has arrived at the peer's library. Towards C the same as `taken`. Always true on unreliable flows. */
  readonly delivered: boolean;
  /** Everything written was taken by the peer's process. Always true on unreliable flows. */
  readonly taken: boolean;
  /** After `close`: `delivered`, and the last acknowledgements were said often enough for the peer to know. At once without FRCTFLINGER. */
  readonly drained: boolean;
  /** Packets written and not yet known to have arrived. */
  readonly outstanding: number;
  /** Packets that the peer takes from the first that is not acknowledged on; 0 for unreliable flows. */
  readonly window: number;
  /**
   * How long the layer should keep a flow that is given back now, in ms: towards C the rest of delta-t [spec/wire-frcp.md
   * §10.4]. 0 between our peers, whose numbers never begin anew, so that the peer learns of the end at once.
   */
  lingerMs(now: Micros): number;
  /** Smoothed round-trip time in µs, the peer's delay in acknowledging included; 0 = not measured yet. */
  readonly roundTrip: number;
  /** False once `failed` was called. */
  readonly alive: boolean;
}
