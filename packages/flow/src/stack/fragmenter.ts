import type { FlowEnd, WriteVerdict } from '@ouroboros/ports';
import { FRAGMENT_HEADER, MAX_FRAGMENTS, writeFragment } from '@ouroboros/wire';

/**
 * Cuts messages into fragments of one length, the last one shorter. When the queue below fills in the middle of a
 * message, the rest is copied and sent as room comes: one message at a time waits so.
 */
export class Fragmenter {
  private head: Uint8Array = new Uint8Array(FRAGMENT_HEADER);
  private rest: Uint8Array = NOTHING;
  private restAt = 0;
  private restLength = 0;
  private message: number;
  private index = 0;
  private count = 0;
  private size = 0;

  constructor(
    private readonly below: FlowEnd,
    firstMessage: number,
  ) {
    this.message = firstMessage >>> 0;
  }

  /** True while the rest of a message waits. */
  get busy(): boolean {
    return this.restLength > 0;
  }

  /**
   * Sends a message in packets of at most `packet` bytes, fragment headers included. 'ok': sent, or its rest waits;
   * 'full': nothing was sent. Not while `busy`.
   */
  write(
    packet: number,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
  ): WriteVerdict {
    this.size = packet - FRAGMENT_HEADER;
    this.count = Math.ceil((headLength + length) / this.size);
    this.index = 0;
    if (this.count > MAX_FRAGMENTS || headLength > this.size) return 'too-large';
    const first = this.writeFirst(head, headLength, body, offset);
    if (first !== 'ok') return first;
    this.message = (this.message + 1) >>> 0;
    const sent = this.size - headLength;
    const verdict = this.writeOn(body, offset + sent, length - sent);
    return verdict === 'full' ? 'ok' : verdict;
  }

  /** Sends more of what waits; true when all of it is sent, or the flow is down. */
  goOn(): boolean {
    const { rest, restAt, restLength } = this;
    if (this.writeOn(rest, restAt, restLength) === 'full') return false;
    this.clear();
    return true;
  }

  clear(): void {
    this.rest = NOTHING;
    this.restLength = 0;
  }

  private writeFirst(head: Uint8Array, headLength: number, body: Uint8Array, offset: number): WriteVerdict {
    const needed = FRAGMENT_HEADER + headLength;
    if (this.head.length < needed) this.head = new Uint8Array(needed);
    writeFragment(this.head, this.message, 0, this.count);
    for (let i = 0; i < headLength; i += 1) this.head[FRAGMENT_HEADER + i] = head[i]!;
    const verdict = this.below.write(this.head, needed, body, offset, this.size - headLength);
    if (verdict === 'ok') this.index = 1;
    return verdict;
  }

  private writeOn(bytes: Uint8Array, at: number, length: number): WriteVerdict {
    const end = at + length;
    for (let from = at; from < end; from += this.size) {
      const verdict = this.writeNext(bytes, from, Math.min(this.size, end - from));
      if (verdict === 'full') this.keep(bytes, from, end);
      if (verdict !== 'ok') return verdict;
    }
    return 'ok';
  }

  private writeNext(bytes: Uint8Array, from: number, length: number): WriteVerdict {
    writeFragment(this.head, (this.message - 1) >>> 0, this.index, this.count);
    const verdict = this.below.write(this.head, FRAGMENT_HEADER, bytes, from, length);
    if (verdict === 'ok') this.index += 1;
    return verdict;
  }

  private keep(bytes: Uint8Array, from: number, end: number): void {
    if (bytes === this.rest) this.restAt = from;
    else {
      this.rest = bytes.slice(from, end);
      this.restAt = 0;
    }
    this.restLength = end - from;
  }
}

const NOTHING = new Uint8Array(0);
