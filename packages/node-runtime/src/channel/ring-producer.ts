import { HEAD, POPPED, PUSHED, ROOM, SKIP, TAIL, maxPacketOf, recordBytes, type RingMemory } from './ring-memory.js';

/** 'broken' = the other side wrote nonsense into the control words. */
export type PushVerdict = 'ok' | 'full' | 'too-large' | 'broken';

/**
 * The writing side of a ring. Records are written behind the published position and become visible together, by one
 * store to HEAD. Nothing that the other side writes is believed: TAIL must lie between its last value and HEAD.
 */
export class RingProducer {
  readonly maxPacket: number;
  /** Where the next record goes; int32, as all positions. */
  private position = 0;
  private published = 0;
  private tail = 0;
  private pushed = 0;
  private publishedPackets = 0;
  private broken = false;
  /** Bytes that may wait; at most the ring's. */
  private limit: number;

  constructor(
    private readonly memory: RingMemory,
    maxPacket = maxPacketOf(memory.capacity),
  ) {
    this.maxPacket = maxPacket;
    this.limit = memory.capacity;
  }

  push(head: Uint8Array, headLength: number, body: Uint8Array, bodyOffset: number, bodyLength: number): PushVerdict {
    const length = headLength + bodyLength;
    if (length > this.maxPacket) return 'too-large';
    if (headLength > head.length || bodyOffset + bodyLength > body.length) throw new RangeError('no such bytes');
    const { memory } = this;
    const need = recordBytes(length);
    let offset = this.position & (memory.capacity - 1);
    const skip = memory.capacity - offset < need ? memory.capacity - offset : 0;
    if (!this.fits(need + skip)) return this.broken ? 'broken' : 'full';
    if (skip > 0) {
      memory.setLength(offset, SKIP);
      offset = 0;
    }
    memory.setLength(offset, length);
    if (headLength > 0) memory.copyIn(offset + 4, head, 0, headLength);
    if (bodyLength > 0) memory.copyIn(offset + 4 + headLength, body, bodyOffset, bodyLength);
    this.position = (this.position + skip + need) | 0;
    this.pushed = (this.pushed + 1) | 0;
    return 'ok';
  }

  /** Bytes that may wait from now on, and half of which are left when the consumer says that there is room. */
  limitTo(bytes: number): void {
    this.limit = Math.max(2, Math.min(bytes, this.memory.capacity));
  }

  /** Makes everything pushed visible; answers how many packets that was. */
  publish(): number {
    if (this.published === this.position) return 0;
    const packets = (this.pushed - this.publishedPackets) | 0;
    this.published = this.position;
    this.publishedPackets = this.pushed;
    this.memory.store(PUSHED, this.pushed);
    this.memory.store(HEAD, this.published);
    return packets;
  }

  /** Asks the consumer to say when no more than half of the limit waits. Answers true, and asks nothing, when it is already. */
  wantRoom(): boolean {
    this.memory.store(ROOM, this.limit >> 1);
    if (!this.hasRoom()) return false;
    this.memory.store(ROOM, 0);
    return true;
  }

  /** No more than half of the limit waits (or the ring is broken, which the next push tells). */
  hasRoom(): boolean {
    return !this.refreshTail() || this.used <= this.limit >> 1;
  }

  /** Packets pushed and not yet read by the consumer. */
  unread(): number {
    const count = (this.pushed - this.memory.load(POPPED)) | 0;
    // A record has at least 4 bytes, and a stream holds up to two rings: the other side's count is not to be believed.
    return Math.max(0, Math.min(count, this.memory.capacity >> 1));
  }

  private get used(): number {
    return (this.position - this.tail) | 0;
  }

  private fits(bytes: number): boolean {
    return this.isWithin(bytes) || (this.refreshTail() && this.isWithin(bytes));
  }

  /** Where half of the limit is free the next packet fits, however long: what `hasRoom` promises must be so. */
  private isWithin(bytes: number): boolean {
    const { used } = this;
    if (used + bytes > this.memory.capacity) return false;
    return used + bytes <= this.limit || used <= this.limit >> 1;
  }

  /** Reads TAIL once; false = it is nonsense, now or earlier. */
  private refreshTail(): boolean {
    const tail = this.memory.load(TAIL);
    const advance = (tail - this.tail) | 0;
    const possible = (this.published - this.tail) | 0;
    if (advance < 0 || advance > possible || (tail & 3) !== 0) this.broken = true;
    else this.tail = tail;
    return !this.broken;
  }
}
