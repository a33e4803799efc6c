import { PacketCopier } from '@ouroboros/model';

/** Where queues take their memory from. */
export interface QueueMemory {
  /** Null: there is none just now. */
  take(): ArrayBuffer | null;
  giveBack(memory: ArrayBuffer): void;
}

/** Most that a queue holds. */
export interface QueueBounds {
  readonly packets: number;
  /** Of packets, without what the queue needs for itself. */
  readonly bytes: number;
}

/** Longest packet of a queue; a packet lies in one piece, if need be beyond the end. */
const LONGEST = 1 << 17;

/** Bytes that a packet takes. */
const recordBytes = (length: number): number => (length + 7) & ~3;

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
const NO_COPIER = new PacketCopier(NO_BYTES);

/** Bytes of memory that a queue needs. */
export const queueMemoryOf = ({ bytes }: QueueBounds): number => bytes + LONGEST;

/** Memory of one queue, made when it is first needed, and kept. */
class OwnMemory implements QueueMemory {
  private memory: ArrayBuffer | null = null;

  constructor(private readonly bytes: number) {}

  take(): ArrayBuffer {
    return (this.memory ??= new ArrayBuffer(this.bytes));
  }

  giveBack(): void {
    // It is kept.
  }
}

/**
 * A queue of packets in memory that it takes when it is needed, and gives back when it is empty; nothing is allocated per
 * packet. Records lie at multiples of 4: length (4), packet.
 */
export class PacketQueue {
  /** Packets and bytes of packets that wait. */
  packets = 0;
  bytes = 0;
  private memory: ArrayBuffer | null = null;
  private data = NO_BYTES;
  private words = NO_WORDS;
  private copier = NO_COPIER;
  private start = 0;
  private end = 0;

  /** `source` gives memory of `queueMemoryOf(bounds)` bytes. */
  constructor(
    private readonly bounds: QueueBounds,
    private readonly source: QueueMemory = new OwnMemory(queueMemoryOf(bounds)),
  ) {}

  /** Queues `head[0 … headLength)` + `body[offset … offset+length)`; both are copied. False: no room. */
  push(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): boolean {
    const total = headLength + length;
    const size = recordBytes(total);
    const { packets, bytes } = this.bounds;
    if (this.packets === packets || this.bytes + total > bytes || size > LONGEST) return false;
    // What wraps leaves the rest unused: the start of the queue must not be met.
    if (this.packets > 0 && this.end <= this.start && this.end + size > this.start) return false;
    if (this.memory === null && !this.enter()) return false;
    const { data, end } = this;
    this.words[end >> 2] = total;
    for (let i = 0; i < headLength; i += 1) data[end + 4 + i] = head[i]!;
    this.copier.copy(end + 4 + headLength, body, offset, length);
    this.end = this.next(end, size);
    this.packets += 1;
    this.bytes += total;
    return true;
  }

  /** Length of the first packet; 0 when there is none. */
  get firstLength(): number {
    return this.packets === 0 ? 0 : this.words[this.start >> 2]!;
  }

  /** Hands the first packet to `take`, and forgets it unless `take` answers false. */
  shift(take: (buffer: Uint8Array, offset: number, length: number) => boolean): boolean {
    if (this.packets === 0) return false;
    const length = this.firstLength;
    if (!take(this.data, this.start + 4, length)) return false;
    this.start = this.next(this.start, recordBytes(length));
    this.packets -= 1;
    this.bytes -= length;
    if (this.packets === 0) this.leave();
    return true;
  }

  /** Forgets everything. */
  clear(): void {
    this.packets = this.bytes = 0;
    this.leave();
  }

  private enter(): boolean {
    const memory = this.source.take();
    if (memory === null) return false;
    if (memory !== this.data.buffer) {
      this.data = new Uint8Array(memory);
      this.words = new Int32Array(memory);
      this.copier = new PacketCopier(this.data);
    }
    this.memory = memory;
    this.start = this.end = 0;
    return true;
  }

  private leave(): void {
    if (this.memory !== null) this.source.giveBack(this.memory);
    this.memory = null;
  }

  private next(at: number, size: number): number {
    return at + size >= this.bounds.bytes ? 0 : at + size;
  }
}
