/** A buffer in which one outgoing packet at a time is put together; it grows to the longest packet and is used again. */
export class OutgoingPacket {
  private bytes: Uint8Array = new Uint8Array(0);
  private beginning: Uint8Array = this.bytes;

  /**
   * Puts `head[0 … headLength)` + `body[offset … offset+length)` behind `before` free bytes, with `after` free bytes
   * behind; gives the buffer, which is good until the next call and may be longer.
   */
  assemble(
    before: number,
    after: number,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
  ): Uint8Array {
    const needed = before + headLength + length + after;
    if (this.bytes.length < needed) this.grow(needed);
    const { bytes } = this;
    for (let i = 0; i < headLength; i += 1) bytes[before + i] = head[i]!;
    if (length > 0)
      bytes.set(length === body.length ? body : body.subarray(offset, offset + length), before + headLength);
    return bytes;
  }

  /** The first `length` bytes of the buffer. Packets of one length after another cost one view. */
  first(length: number): Uint8Array {
    if (this.beginning.length !== length) this.beginning = this.bytes.subarray(0, length);
    return this.beginning;
  }

  private grow(needed: number): void {
    this.bytes = this.beginning = new Uint8Array(Math.max(needed, this.bytes.length * 2));
  }

  /** Overwrites what is left in the buffer. */
  clear(): void {
    this.bytes.fill(0);
  }
}
