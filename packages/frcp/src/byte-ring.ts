/**
 * Packets in one array of bytes. Space is taken at the tail and given back at the head; a packet that is released
 * before an older one keeps its place until that one goes too. The array starts small and doubles up to its limit.
 *
 * A record is `size << 1 | released` (4 bytes, size counts them) and the payload, aligned to 4 bytes and never across the
 * end of the array: what is left there is skipped by an empty record. Records are known by their position, which counts
 * bytes modulo 2^32 without end; its place in the array is the position modulo the array's length, a power of 2, so that
 * positions hold when the array doubles.
 */
const RECORD_HEAD = 4;
const SMALLEST = 4096;
/** Below this, copying byte by byte is quicker than making a view. */
const SMALL_COPY = 48;

export class ByteRing {
  private array: Uint8Array;
  private words: Uint32Array;
  private head = 0;
  private tail = 0;

  /** `limit`: most bytes, a power of 2 of 4,096 or more. */
  constructor(private readonly limit: number) {
    this.array = new Uint8Array(SMALLEST);
    this.words = new Uint32Array(this.array.buffer);
  }

  /** Where payloads are; changes when a packet is put in. */
  get bytes(): Uint8Array {
    return this.array;
  }

  /** Longest payload that an empty ring holds. */
  get maxPayload(): number {
    return this.limit - RECORD_HEAD;
  }

  /** Where the payload of a record begins in `bytes`. */
  offsetOf(position: number): number {
    return (position & (this.array.length - 1)) + RECORD_HEAD;
  }

  /** Copies head and body in; answers the position, or −1 when there is no room. */
  put(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): number {
    const size = sizeOf(headLength + length);
    if (!this.makeRoom(size)) return -1;
    const position = this.tail;
    const at = position & (this.array.length - 1);
    this.words[at >>> 2] = size << 1;
    this.tail = (position + size) >>> 0;
    copy(head, 0, headLength, this.array, at + RECORD_HEAD);
    copy(body, offset, length, this.array, at + RECORD_HEAD + headLength);
    return position;
  }

  /** Gives a record back; once per record. */
  release(position: number): void {
    const mask = this.array.length - 1;
    this.words[(position & mask) >>> 2]! |= 1;
    while (this.head !== this.tail) {
      const record = this.words[(this.head & mask) >>> 2]!;
      if ((record & 1) === 0) return;
      this.head = (this.head + (record >>> 1)) >>> 0;
    }
    this.clear();
  }

  /** Forgets all records. */
  clear(): void {
    this.head = 0;
    this.tail = 0;
  }

  /** True when `put` would take so many bytes. */
  fits(length: number): boolean {
    const size = sizeOf(length);
    return this.hasPlace(size) || (this.array.length < this.limit && size <= this.limit);
  }

  private makeRoom(size: number): boolean {
    while (!this.hasPlace(size)) {
      if (this.array.length >= this.limit) return false;
      this.double();
    }
    const skipped = this.skippedBefore(size);
    if (skipped > 0) {
      this.words[(this.tail & (this.array.length - 1)) >>> 2] = (skipped << 1) | 1;
      this.tail = (this.tail + skipped) >>> 0;
    }
    return true;
  }

  private hasPlace(size: number): boolean {
    return ((this.tail - this.head) >>> 0) + this.skippedBefore(size) + size <= this.array.length;
  }

  /** Bytes up to the end of the array, where `size` bytes do not fit there. */
  private skippedBefore(size: number): number {
    const left = this.array.length - (this.tail & (this.array.length - 1));
    return left < size ? left : 0;
  }

  private double(): void {
    const old = this.array;
    const grown = new Uint8Array(old.length * 2);
    for (let from = this.head; from !== this.tail;) {
      const at = from & (old.length - 1);
      const length = Math.min((this.tail - from) >>> 0, old.length - at);
      grown.set(old.subarray(at, at + length), from & (grown.length - 1));
      from = (from + length) >>> 0;
    }
    this.array = grown;
    this.words = new Uint32Array(grown.buffer);
  }
}

const sizeOf = (length: number): number => (RECORD_HEAD + length + 3) & ~3;

function copy(from: Uint8Array, offset: number, length: number, to: Uint8Array, at: number): void {
  if (length > SMALL_COPY) to.set(from.subarray(offset, offset + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[offset + i]!;
}

/** The smallest ring limit that holds so many bytes. */
export function ringLimit(bytes: number): number {
  let limit = SMALLEST;
  while (limit < bytes) limit *= 2;
  return limit;
}
