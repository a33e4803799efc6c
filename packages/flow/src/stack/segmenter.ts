import type { FlowEnd, WriteVerdict } from '@ouroboros/ports';
import { FlowSegment, SEGMENT_HEADER } from '@ouroboros/wire';

/**
 * Cuts messages into segments of `room` bytes, as the path takes them at the time of the call. When the window below closes in the
 * middle of a message, the rest is copied and sent as it opens: one message at a time waits so.
 */
export class Segmenter {
  private head: Uint8Array = new Uint8Array(64);
  private rest: Uint8Array = NOTHING;
  private restAt = 0;

  constructor(private readonly below: FlowEnd) {}

  /** True while the rest of a message waits. */
  get busy(): boolean {
    return this.restAt < this.rest.length;
  }

  /** 'ok': sent, or its rest waits; 'full': nothing was sent. Not while `busy`. */
  write(
    room: number,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
  ): WriteVerdict {
    if (headLength > room) return 'too-large';
    const sent = Math.min(length, room - headLength);
    const flags = FlowSegment.first | (sent === length ? FlowSegment.last : 0);
    const verdict = this.writeSegment(flags, head, headLength, body, offset, sent);
    if (verdict !== 'ok' || sent === length) return verdict;
    const after = this.writeOn(room, body, offset + sent, offset + length);
    return after === 'full' ? 'ok' : after;
  }

  /** Sends more of what waits; true when nothing waits any more. */
  goOn(room: number): boolean {
    if (!this.busy) return true;
    if (this.writeOn(room, this.rest, this.restAt, this.rest.length) === 'full') return false;
    this.clear();
    return true;
  }

  clear(): void {
    this.rest = NOTHING;
    this.restAt = 0;
  }

  private writeOn(room: number, bytes: Uint8Array, from: number, end: number): WriteVerdict {
    let at = from;
    while (at < end) {
      const length = Math.min(room, end - at);
      const flags = at + length === end ? FlowSegment.last : 0;
      const verdict = this.writeSegment(flags, NOTHING, 0, bytes, at, length);
      if (verdict === 'full') this.keep(bytes, at, end);
      if (verdict !== 'ok') return verdict;
      at += length;
    }
    return 'ok';
  }

  private writeSegment(
    flags: number,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
  ): WriteVerdict {
    if (this.head.length <= headLength) this.head = new Uint8Array(headLength * 2);
    this.head[0] = flags;
    for (let i = 0; i < headLength; i += 1) this.head[SEGMENT_HEADER + i] = head[i]!;
    return this.below.write(this.head, SEGMENT_HEADER + headLength, body, offset, length);
  }

  private keep(bytes: Uint8Array, at: number, end: number): void {
    if (bytes === this.rest) this.restAt = at;
    else {
      this.rest = bytes.slice(at, end);
      this.restAt = 0;
    }
  }
}

const NOTHING = new Uint8Array(0);
