/**
 * Frames on a connection. Big-endian. [docs/wire-extensions.md, TCP layers]
 *
 *   0 length (2) of what follows │ 2 EID of the receiver (4) │ 6 payload …
 *
 * EID 0 is a control message. An empty payload is a keep-alive of the flow.
 */

/** Bytes before the payload. */
export const FRAME_HEADER = 6;
/** Longest payload: a packet of this length holds up others for little more than a millisecond at 100 Mbit/s. */
export const MAX_PAYLOAD = 16_384;

const LENGTH_BYTES = 2;
const EID_BYTES = 4;

export function writeFrameHeader(buffer: Uint8Array, at: number, eid: number, payload: number): void {
  const length = EID_BYTES + payload;
  buffer[at] = length >>> 8;
  buffer[at + 1] = length;
  buffer[at + 2] = eid >>> 24;
  buffer[at + 3] = eid >>> 16;
  buffer[at + 4] = eid >>> 8;
  buffer[at + 5] = eid;
}

/** Takes one frame; the buffer is valid during the call. False: take no more of this connection. */
export type FrameTaker = (eid: number, buffer: Uint8Array, offset: number, length: number) => boolean;

/** Cuts a stream of bytes into frames; holds at most one frame that is not yet complete. */
export class FrameReader {
  private readonly partial = new Uint8Array(FRAME_HEADER + MAX_PAYLOAD);
  private held = 0;

  constructor(private readonly take: FrameTaker) {}

  /** False: the bytes are no frames, or the taker wants no more; the reader is of no use any more. */
  push(bytes: Uint8Array): boolean {
    let at = 0;
    while (at < bytes.length) {
      if (this.held === 0) {
        const length = bytes.length - at < LENGTH_BYTES ? 0 : frameLength(bytes, at);
        if (length < 0) return false;
        if (length > 0 && at + length <= bytes.length) {
          if (!this.deliver(bytes, at, length)) return false;
          at += length;
          continue;
        }
      }
      at += this.hold(bytes, at);
      const length = this.held < LENGTH_BYTES ? 0 : frameLength(this.partial, 0);
      if (length < 0) return false;
      if (length === 0 || this.held < length) continue;
      this.held = 0;
      if (!this.deliver(this.partial, 0, length)) return false;
    }
    return true;
  }

  /** Keeps what the frame that has begun still needs; answers how many bytes that were. */
  private hold(bytes: Uint8Array, at: number): number {
    const wanted = this.held < LENGTH_BYTES ? LENGTH_BYTES : frameLength(this.partial, 0);
    const count = Math.min(wanted - this.held, bytes.length - at);
    this.partial.set(bytes.subarray(at, at + count), this.held);
    this.held += count;
    return count;
  }

  private deliver(buffer: Uint8Array, at: number, length: number): boolean {
    return this.take(eidOf(buffer, at), buffer, at + FRAME_HEADER, length - FRAME_HEADER);
  }
}

/** Bytes of the whole frame, or -1 when no frame has such a length. */
function frameLength(buffer: Uint8Array, at: number): number {
  const length = (buffer[at]! << 8) | buffer[at + 1]!;
  return length < EID_BYTES || length > EID_BYTES + MAX_PAYLOAD ? -1 : LENGTH_BYTES + length;
}

const eidOf = (buffer: Uint8Array, at: number): number =>
  ((buffer[at + 2]! << 24) | (buffer[at + 3]! << 16) | (buffer[at + 4]! << 8) | buffer[at + 5]!) >>> 0;
