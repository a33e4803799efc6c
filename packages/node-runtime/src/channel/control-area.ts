/*
 * What the two sides of one connection share besides the rings. 32-bit words; `side` 0 accepted the connection and owns
 * the memory, side 1 made it. Each line is written by the side that it does not name, except SLEEP.
 *
 *   word  0, 16          SLEEP of side 0, 1: 1 = this side sleeps, ring the bell
 *   word 64, 192         bitmap for side 0, 1, 128 words each: flows in which something happened, cleared by the reader
 *   word 320 + 2 · slot  1 = side 0 has closed this flow;  + 1: the same of side 1
 */
const BITMAP = 64;
const BITMAP_WORDS = 128;
const CLOSED = BITMAP + 2 * BITMAP_WORDS;

/** Most flows of one connection. */
export const MAX_SLOTS = BITMAP_WORDS * 32;
const USED_BYTES = (CLOSED + 2 * MAX_SLOTS) * 4;
/** Whole pages. */
export const CONTROL_AREA_BYTES = (USED_BYTES + 4095) & ~4095;

export type Side = 0 | 1;

/**
 * Bitmap, sleep flags and end marks of one connection, seen from `side`. The order that makes it safe to ring only for
 * sleepers: a writer stores its news, sets the bit, then looks at SLEEP; a reader stores SLEEP, then looks at the bits.
 */
export class ControlArea {
  private readonly words: Int32Array;
  private readonly other: Side;

  constructor(
    buffer: ArrayBuffer,
    private readonly side: Side,
  ) {
    this.words = new Int32Array(buffer, 0, USED_BYTES >> 2);
    this.other = side === 0 ? 1 : 0;
  }

  /** Tells the other side that something happened in a flow; answers true when its bell must be rung. */
  signal(slot: number): boolean {
    const word = BITMAP + this.other * BITMAP_WORDS + (slot >> 5);
    const bit = 1 << (slot & 31);
    // A bit that is still set will be seen: whoever set it has looked at SLEEP since.
    if ((Atomics.load(this.words, word) & bit) !== 0) return false;
    Atomics.or(this.words, word, bit);
    const sleep = this.other * 16;
    return Atomics.load(this.words, sleep) !== 0 && Atomics.exchange(this.words, sleep, 0) !== 0;
  }

  /** Takes the bits of the flows `0 … slots)` and visits their flows; answers whether there were any. */
  takeSignals(slots: number, visit: (slot: number) => void): boolean {
    const first = BITMAP + this.side * BITMAP_WORDS;
    const words = (slots + 31) >> 5;
    let found = false;
    for (let i = 0; i < words; i++) {
      if (Atomics.load(this.words, first + i) === 0) continue;
      found = true;
      let bits = Atomics.exchange(this.words, first + i, 0);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        visit((i << 5) + bit);
      }
    }
    return found;
  }

  /** Says that this side sleeps; false = it must not, there is a signal. */
  trySleep(slots: number): boolean {
    Atomics.store(this.words, this.side * 16, 1);
    const first = BITMAP + this.side * BITMAP_WORDS;
    for (let i = 0; i < (slots + 31) >> 5; i++) {
      if (Atomics.load(this.words, first + i) === 0) continue;
      this.wake();
      return false;
    }
    return true;
  }

  wake(): void {
    Atomics.store(this.words, this.side * 16, 0);
  }

  close(slot: number): void {
    Atomics.store(this.words, CLOSED + 2 * slot + this.side, 1);
  }

  peerClosed(slot: number): boolean {
    return Atomics.load(this.words, CLOSED + 2 * slot + this.other) !== 0;
  }

  /** Makes a slot that both sides have closed usable again. */
  reset(slot: number): void {
    Atomics.store(this.words, CLOSED + 2 * slot, 0);
    Atomics.store(this.words, CLOSED + 2 * slot + 1, 0);
  }
}
