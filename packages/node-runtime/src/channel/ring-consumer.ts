import type { PacketTaker } from '@ouroboros/ports';
import { HEAD, POPPED, PUSHED, ROOM, SKIP, TAIL, maxPacketOf, recordBytes, type RingMemory } from './ring-memory.js';

/**
 * The reading side of a ring. HEAD and every length are read once, checked against the ring and used as checked;
 * anything impossible makes the ring `broken` for good. Packets are handed out where they lie.
 */
export class RingConsumer {
  /** The other side wrote nonsense; nothing more is read. */
  broken = false;
  /** A read is under way: the memory must stay. */
  reading = false;
  /** Packets read, and bytes of their records, since the beginning; both wrap as int32. */
  popped = 0;
  recordBytesRead = 0;
  private position = 0;
  private stopped = false;

  constructor(
    private readonly memory: RingMemory,
    private readonly maxPacket = maxPacketOf(memory.capacity),
  ) {}

  /** Whether `read` may find something. */
  hasPackets(): boolean {
    return !this.broken && !this.stopped && this.memory.load(HEAD) !== this.position;
  }

  /**
   * Hands out up to `max` packets; answers how many were taken. One store to TAIL frees them together. A nested call,
   * out of `take`, reads nothing.
   */
  read(max: number, take: PacketTaker): number {
    if (this.broken || this.stopped || this.reading) return 0;
    const available = (this.memory.load(HEAD) - this.position) | 0;
    if (available < 0 || available > this.memory.capacity || (available & 3) !== 0) {
      this.broken = true;
      return 0;
    }
    const before = this.popped;
    const start = this.position;
    this.reading = true;
    try {
      this.walk((start + available) | 0, max, take);
    } finally {
      this.reading = false;
      if (this.position !== start) this.free();
    }
    return (this.popped - before) | 0;
  }

  /** After a read: whether the producer waits for room and there is now. True once per wait. */
  takeRoomRequest(): boolean {
    const wanted = this.memory.load(ROOM);
    if (wanted === 0) return false;
    const queued = (this.memory.load(HEAD) - this.position) | 0;
    return queued <= wanted && this.memory.exchange(ROOM, 0) !== 0;
  }

  /** Packets published and not yet read. */
  unread(): number {
    if (!this.hasPackets()) return 0;
    const bytes = (this.memory.load(HEAD) - this.position) | 0;
    const count = (this.memory.load(PUSHED) - this.popped) | 0;
    // At least one, and no more than fit into the bytes: the other side's count is not to be believed.
    return Math.max(1, Math.min(count, Math.min(bytes, this.memory.capacity) >> 2));
  }

  /** Ends a read that is under way after the packet at hand, and all later ones. */
  stop(): void {
    this.stopped = true;
  }

  private walk(head: number, max: number, take: PacketTaker): void {
    const { capacity, bytes } = this.memory;
    let taken = 0;
    while (taken < max && this.position !== head && !this.stopped) {
      const offset = this.position & (capacity - 1);
      const left = (head - this.position) | 0;
      const length = this.memory.lengthAt(offset);
      if (length === SKIP && offset > 0 && capacity - offset <= left) {
        this.position = (this.position + capacity - offset) | 0;
        continue;
      }
      const size = recordBytes(length);
      if (length < 0 || length > this.maxPacket || size > left || offset + size > capacity) {
        this.broken = true;
        return;
      }
      if (!take(bytes, offset + 4, length)) return;
      this.position = (this.position + size) | 0;
      this.popped = (this.popped + 1) | 0;
      this.recordBytesRead = (this.recordBytesRead + size) | 0;
      taken += 1;
    }
  }

  private free(): void {
    this.memory.store(POPPED, this.popped);
    this.memory.store(TAIL, this.position);
  }
}
