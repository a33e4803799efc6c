/** A message that grows by segments, in a buffer that is used again unless it was a long one. */
export class MessageBuffer {
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;
  /** A message has begun and not ended. */
  open = false;

  constructor(private readonly maxLength: number) {}

  begin(): void {
    this.open = true;
    this.length = 0;
  }

  /** False, and nothing is taken, when the message would be too long. */
  append(buffer: Uint8Array, offset: number, length: number): boolean {
    const needed = this.length + length;
    if (needed > this.maxLength) return false;
    if (needed > this.bytes.length) this.grow(needed);
    this.bytes.set(buffer.subarray(offset, offset + length), this.length);
    this.length = needed;
    return true;
  }

  end(): void {
    this.open = false;
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(0);
  }

  /** Ends, and overwrites what is left. */
  clear(): void {
    this.bytes.fill(0);
    this.end();
  }

  private grow(needed: number): void {
    const larger = new Uint8Array(Math.min(Math.max(needed, this.bytes.length * 2, LEAST_BYTES), this.maxLength));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

const LEAST_BYTES = 4096;
const KEPT_BYTES = 1 << 20;
