import type { PacketTaker } from '@ouroboros/ports';

/**
 * Packets that arrived while nobody took them, first in, first out: copies, in buffers that are used again. Room is for
 * a bounded number of packets and bytes; the last packet may exceed the bytes, so one message of any length fits.
 */
export class HeldPackets {
  private readonly slots: { bytes: Uint8Array; length: number }[] = [];
  private first = 0;
  private held = 0;
  private bytes = 0;

  constructor(
    private readonly maxPackets = 64,
    private readonly maxBytes = 1 << 18,
  ) {}

  get count(): number {
    return this.held;
  }

  /** True when one packet more may be held. */
  get hasRoom(): boolean {
    return this.held < this.maxPackets && this.bytes < this.maxBytes;
  }

  /** Holds a copy. Only when there is room. */
  hold(buffer: Uint8Array, offset: number, length: number): void {
    const slot = this.nextSlot();
    if (slot.bytes.length < length) slot.bytes = new Uint8Array(length);
    slot.bytes.set(buffer.subarray(offset, offset + length));
    this.filled(slot, length);
  }

  /** Holds the first bytes of `buffer` without a copy; answers a buffer of any length in exchange. Only when there is room. */
  exchange(buffer: Uint8Array, length: number): Uint8Array {
    const slot = this.nextSlot();
    const { bytes } = slot;
    slot.bytes = buffer;
    this.filled(slot, length);
    return bytes;
  }

  /** Hands the oldest packet to `take`; false when there is none or `take` refused it. */
  give(take: PacketTaker): boolean {
    const slot = this.slots[this.first];
    if (this.held === 0 || !slot || !take(slot.bytes, 0, slot.length)) return false;
    this.first = (this.first + 1) % this.maxPackets;
    this.held -= 1;
    this.bytes -= slot.length;
    // One packet at a time finds the same memory each time, which is in the cache.
    if (this.held === 0) this.first = 0;
    // A long message is rare: its buffer goes.
    if (slot.bytes.length > this.maxBytes) slot.bytes = new Uint8Array(0);
    return true;
  }

  /** Overwrites and forgets everything. */
  clear(): void {
    for (const slot of this.slots) slot.bytes.fill(0);
    this.slots.length = this.first = this.held = this.bytes = 0;
  }

  private filled(slot: { length: number }, length: number): void {
    slot.length = length;
    this.held += 1;
    this.bytes += length;
  }

  private nextSlot(): { bytes: Uint8Array; length: number } {
    const index = (this.first + this.held) % this.maxPackets;
    return (this.slots[index] ??= { bytes: new Uint8Array(0), length: 0 });
  }
}
