import type { Address } from '@ouroboros/model';

/**
 * From addresses to what a forwarding function knows of them: open addressing in a typed array, at most half full, so that
 * looking one up for a packet touches a word or two and makes no number on the heap, as the keys of a Map would be.
 */
export class AddressTable<T> {
  /** Addresses; 0 = free. No member has the address 0. [spec/wire-unicast-data.md §2] */
  private readonly keys: Uint32Array;
  private readonly values: (T | undefined)[];
  private readonly shift: number;

  constructor(entries: readonly (readonly [Address, T])[] = []) {
    const bits = Math.max(1, 33 - Math.clz32(entries.length));
    this.keys = new Uint32Array(1 << bits);
    this.values = new Array<T | undefined>(1 << bits).fill(undefined);
    this.shift = 32 - bits;
    for (const [address, value] of entries) {
      const slot = this.slotOf(address);
      this.keys[slot] = address;
      this.values[slot] = value;
    }
  }

  get(address: Address): T | undefined {
    return this.values[this.slotOf(address)];
  }

  /** What is in the table, in no order. */
  all(): T[] {
    return this.values.filter((value) => value !== undefined);
  }

  /** Where the address is, or the free slot where it would be. */
  private slotOf(address: Address): number {
    const { keys } = this;
    const mask = keys.length - 1;
    // Multiplicative hashing [Knuth, The Art of Computer Programming, 6.4]: 2^32 over the golden ratio.
    let slot = Math.imul(address, 0x9e37_79b1) >>> this.shift;
    while (keys[slot] !== 0 && keys[slot] !== address) slot = (slot + 1) & mask;
    return slot;
  }
}
