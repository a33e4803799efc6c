import { FRAME_HEADER, FrameReader, MAX_PAYLOAD, writeFrameHeader, type FrameTaker } from './bytes/frames.js';
import type { WatchedConnection } from './links/events.js';
import type { StreamConnection } from './stream-network.js';

/** Frames of one turn of the event loop are sent together, up to this many bytes. */
const CHUNK_BYTES = 65_536;
/** Control messages that a connection does not take are kept up to this; a peer that reads so little has failed. */
const MAX_BACKLOG = 2 * 1024 * 1024;

/** What a line tells. */
export interface LineEvents {
  frame(line: Line, ...frame: Parameters<FrameTaker>): void;
  /** The connection ended, or can't be used any more. */
  lost(line: Line, why: string): void;
}

/** One connection as a line for frames: puts them together, takes them apart, and knows when there is room. */
export class Line implements WatchedConnection {
  heard = true;
  /** The peer at the other end, once it has said who it is. */
  member: string | null = null;
  private readonly chunk = new Uint8Array(CHUNK_BYTES);
  private length = 0;
  private flushing = false;
  private blocked = false;
  private backlog = 0;
  private open = true;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly stream: StreamConnection,
    readonly target: string | null,
    private readonly events: LineEvents,
  ) {
    const reader = new FrameReader((...frame) => {
      if (this.open) events.frame(this, ...frame);
      return this.open;
    });
    stream.onData = (bytes): void => {
      this.heard = true;
      if (!reader.push(bytes) && this.open) this.fail('what arrives is no frame');
    };
    stream.onDrain = () => this.drained();
    stream.onEnd = (why) => this.fail(why);
  }

  get remote(): string {
    return this.stream.remote;
  }

  /** False: a packet has to wait, see `whenRoom`. */
  get hasRoom(): boolean {
    return !this.blocked;
  }

  /** Calls back once, in a turn in which there is room; those who wait are called in their order, while there is. */
  whenRoom(callback: () => void): void {
    this.waiting.push(callback);
  }

  /** Sends one frame; what it is made of is copied. */
  put(eid: number, buffer: Uint8Array, offset: number, length: number): void {
    if (!this.open || length > MAX_PAYLOAD) return;
    if (this.length + FRAME_HEADER + length > CHUNK_BYTES) this.flush();
    writeFrameHeader(this.chunk, this.length, eid, length);
    copyInto(this.chunk, this.length + FRAME_HEADER, buffer, offset, length);
    this.length += FRAME_HEADER + length;
    if (this.flushing) return;
    this.flushing = true;
    void Promise.resolve().then(() => this.flush());
  }

  /** Sends a control message. */
  control(bytes: Uint8Array): void {
    this.put(0, bytes, 0, bytes.length);
  }

  /** Ends the connection; what was put is sent. Harmless when repeated. */
  close(): void {
    if (!this.open) return;
    this.flush();
    this.end();
  }

  private flush(): void {
    this.flushing = false;
    if (this.length === 0 || !this.open) return;
    const bytes = this.chunk.slice(0, this.length);
    this.length = 0;
    this.backlog = this.blocked ? this.backlog + bytes.length : 0;
    if (!this.stream.write(bytes)) this.blocked = true;
    if (this.backlog > MAX_BACKLOG) this.fail('the other side takes nothing');
  }

  private drained(): void {
    this.blocked = false;
    this.backlog = 0;
    const { waiting } = this;
    this.waiting = [];
    let next = 0;
    while (next < waiting.length && !this.blocked) waiting[next++]!();
    this.waiting.unshift(...waiting.slice(next));
  }

  private fail(why: string): void {
    if (!this.open) return;
    this.end();
    this.events.lost(this, why);
  }

  private end(): void {
    this.open = false;
    this.waiting = [];
    this.stream.onData = null;
    this.stream.onDrain = null;
    this.stream.onEnd = null;
    this.stream.close();
  }
}

/** Up to this length a loop beats the view that `set` needs. */
const LOOP_COPY = 96;

function copyInto(target: Uint8Array, at: number, source: Uint8Array, offset: number, length: number): void {
  if (length > LOOP_COPY) target.set(source.subarray(offset, offset + length), at);
  else for (let i = 0; i < length; i += 1) target[at + i] = source[offset + i]!;
}
