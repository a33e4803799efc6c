/** From here on the view that `set` needs costs less than a loop over words. */
const VIEW_FROM = 256;
/** Up to here it costs more than a loop over bytes. */
const LOOP_UP_TO = 32;

const NO_WORDS = new Int32Array(0);

/** Words of 4 bytes of the same memory; none when it does not begin at one. */
const wordsOf = ({ buffer, byteOffset, length }: Uint8Array): Int32Array =>
  (byteOffset & 3) === 0 ? new Int32Array(buffer, byteOffset, length >> 2) : NO_WORDS;

/**
 * Copies packets into one buffer, the fastest way for each length. Packets are expected to come from few buffers, many of them
 * one after the other; what is copied must lie within both.
 */
export class PacketCopier {
  private readonly words: Int32Array;
  private source: Uint8Array = new Uint8Array(0);
  private sourceWords: Int32Array = NO_WORDS;

  constructor(private readonly target: Uint8Array) {
    this.words = wordsOf(target);
  }

  copy(at: number, source: Uint8Array, offset: number, length: number): void {
    const { target } = this;
    let done = 0;
    if (length < VIEW_FROM && ((at | offset) & 3) === 0) {
      done = this.copyWords(at >> 2, source, offset >> 2, length >> 2);
    }
    if (length - done > LOOP_UP_TO) target.set(source.subarray(offset, offset + length), at);
    else for (; done < length; done += 1) target[at + done] = source[offset + done]!;
  }

  /** Answers how many bytes that were. */
  private copyWords(at: number, source: Uint8Array, offset: number, count: number): number {
    if (source !== this.source) {
      this.source = source;
      this.sourceWords = wordsOf(source);
    }
    const { words, sourceWords } = this;
    if (words.length === 0 || sourceWords.length === 0) return 0;
    for (let i = 0; i < count; i += 1) words[at + i] = sourceWords[offset + i]!;
    return count * 4;
  }
}
