/*
 * The memory of one ring, shared by one producer and one consumer. Control words are little-endian 32-bit numbers, those
 * of the two sides in cache lines of their own; data is a power of two of bytes.
 *
 *   control   word  0  HEAD    producer: position behind the last published record
 *             word  1  PUSHED  producer: packets published so far
 *             word 16  TAIL    consumer: position of the first unread record
 *             word 17  POPPED  consumer: packets read so far
 *             word 32  ROOM    not 0 = the producer waits, and wants to hear when no more than so many bytes are unread
 *   data      records, each at a multiple of 4: length (4), packet, 0 … 3 bytes of padding;
 *             length -1 = the rest up to the end of the data is unused, the next record is at offset 0
 *
 * Positions and counts grow without end and wrap at 2^32; the offset of a position is its remainder by the data's size.
 */
export const HEAD = 0;
export const PUSHED = 1;
export const TAIL = 16;
export const POPPED = 17;
export const ROOM = 32;
/** Bytes of control words per ring: four cache lines. */
export const RING_CONTROL_BYTES = 256;
/** The record that says: go on at offset 0. */
export const SKIP = -1;

export const MIN_RING_BYTES = 4096;
export const MAX_RING_BYTES = 1 << 24;
export const DEFAULT_RING_BYTES = 1 << 19;

/** Longest packet of a ring: with its length a quarter of the data, so that half a ring always takes two of them; at most 65 532. */
export const maxPacketOf = (ringBytes: number): number => Math.min(ringBytes / 4 - 4, 65_532);

/** Bytes that a packet of `length` takes in the ring. */
export const recordBytes = (length: number): number => (length + 7) & ~3;

/** A power of two from MIN_RING_BYTES to MAX_RING_BYTES. */
export const isRingSize = (bytes: number): boolean =>
  bytes >= MIN_RING_BYTES && bytes <= MAX_RING_BYTES && (bytes & (bytes - 1)) === 0;

/** All loads and stores of a ring, so that a specification can record them and cut them off. Word = index of 4 bytes. */
export interface RingMemory {
  readonly capacity: number;
  /** The data, to hand out packets in place. */
  readonly bytes: Uint8Array;
  /** Sequentially consistent access to control words. */
  load(word: number): number;
  store(word: number, value: number): void;
  exchange(word: number, value: number): number;
  /** Plain access to the data: made visible by the next `store`. */
  lengthAt(offset: number): number;
  setLength(offset: number, length: number): void;
  copyIn(offset: number, source: Uint8Array, sourceOffset: number, length: number): void;
  /** Forgets the memory; an access afterwards fails, but does not touch it. */
  release(): void;
}

/** Up to here a loop is faster than making the view that `set` needs. */
const LOOP_COPY_MAX = 32;
const NO_WORDS = new Int32Array(0);
const NO_BYTES = new Uint8Array(0);

/** Where a ring lies. */
export type RingPlace = readonly [buffer: ArrayBuffer, controlOffset: number, dataOffset: number];

/** A ring over an ArrayBuffer, shared with another process by mmap or private. */
export class BufferRingMemory implements RingMemory {
  readonly capacity: number;
  bytes: Uint8Array;
  private control: Int32Array;
  private words: Int32Array;

  constructor(buffer: ArrayBuffer, controlOffset: number, dataOffset: number, capacity: number) {
    this.capacity = capacity;
    this.control = new Int32Array(buffer, controlOffset, RING_CONTROL_BYTES >> 2);
    this.bytes = new Uint8Array(buffer, dataOffset, capacity);
    this.words = new Int32Array(buffer, dataOffset, capacity >> 2);
  }

  /** Goes on in other memory with what was published. Only while nothing of the ring has been read. */
  moveTo(...[buffer, controlOffset, dataOffset]: RingPlace): void {
    const { capacity, control, bytes } = this;
    this.control = new Int32Array(buffer, controlOffset, RING_CONTROL_BYTES >> 2);
    this.bytes = new Uint8Array(buffer, dataOffset, capacity);
    this.words = new Int32Array(buffer, dataOffset, capacity >> 2);
    this.control.set(control);
    this.bytes.set(bytes.subarray(0, control[HEAD]));
  }

  load(word: number): number {
    return Atomics.load(this.control, word);
  }

  store(word: number, value: number): void {
    Atomics.store(this.control, word, value);
  }

  exchange(word: number, value: number): number {
    return Atomics.exchange(this.control, word, value);
  }

  lengthAt(offset: number): number {
    return this.words[offset >> 2]!;
  }

  setLength(offset: number, length: number): void {
    this.words[offset >> 2] = length;
  }

  copyIn(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
    if (length <= LOOP_COPY_MAX) {
      for (let i = 0; i < length; i++) this.bytes[offset + i] = source[sourceOffset + i]!;
    } else if (length === source.length) {
      this.bytes.set(source, offset);
    } else {
      // The language has no copy of a part without a view; it dies young and costs less than a loop over the bytes.
      this.bytes.set(source.subarray(sourceOffset, sourceOffset + length), offset);
    }
  }

  release(): void {
    this.control = NO_WORDS;
    this.words = NO_WORDS;
    this.bytes = NO_BYTES;
  }
}

/** A ring that only this process uses. */
export const privateRing = (capacity: number): RingMemory =>
  new BufferRingMemory(new ArrayBuffer(RING_CONTROL_BYTES + capacity), 0, RING_CONTROL_BYTES, capacity);
