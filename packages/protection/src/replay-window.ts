/**
 * Which counters were received: a bitmap used as a ring, of which each word is cleared as the window moves onto it,
 * without shifting [RFC 6479]. A counter is tested before its packet is opened and noted afterwards, so that forged
 * packets don't move the window.
 */

/** Bits of the ring, a power of two. One word of it is always being refilled, so the window is 32 shorter. */
const RING_BITS = 8192;
const WORD_BITS = 32;
const WORDS = RING_BITS / WORD_BITS;

/** How far behind the highest counter a packet may be. */
export const REPLAY_WINDOW = RING_BITS - WORD_BITS;

export class ReplayWindow {
  private readonly words = new Uint32Array(WORDS);
  private top = -1;

  /** Highest counter that was noted; -1 before the first. */
  get highest(): number {
    return this.top;
  }

  /** Whether a packet with this counter (32 bit, unsigned) may still be opened. */
  accepts(counter: number): boolean {
    if (counter > this.top) return true;
    if (this.top - counter >= REPLAY_WINDOW) return false;
    return (this.words[wordOf(counter)]! & bitOf(counter)) === 0;
  }

  /** Notes an accepted counter as received. */
  note(counter: number): void {
    if (counter > this.top) this.moveTo(counter);
    const word = wordOf(counter);
    this.words[word] = this.words[word]! | bitOf(counter);
  }

  private moveTo(counter: number): void {
    const from = Math.floor(this.top / WORD_BITS);
    const steps = Math.min(Math.floor(counter / WORD_BITS) - from, WORDS);
    for (let step = 1; step <= steps; step += 1) this.words[(from + step) & (WORDS - 1)] = 0;
    this.top = counter;
  }
}

const wordOf = (counter: number): number => (counter >>> 5) & (WORDS - 1);
const bitOf = (counter: number): number => (1 << (counter & (WORD_BITS - 1))) >>> 0;
