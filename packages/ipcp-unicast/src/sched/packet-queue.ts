/** Bytes of packets, and packets, that a queue holds. */
const QUEUE_BYTES = 1 << 18;
const QUEUE_PACKETS = 1024;
/** More than the longest packet of a channel: a packet lies in one piece, if need be beyond the end. */
const OVERHANG = 1 << 17;

/** A queue of packets in memory of its own, made when it is first needed; nothing is allocated per packet. */
export class PacketQueue {
  /** Packets and bytes that wait. */
  packets = 0;
  bytes = 0;
  private memory: Uint8Array | null = null;
  private readonly lengths = new Int32Array(QUEUE_PACKETS);
  private first = 0;
  private start = 0;
  private end = 0;

  /** Queues `head[0 … headLength)` + `body[offset … offset+length)`; both are copied. False: no room. */
  push(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): boolean {
    const total = headLength + length;
    if (this.packets === QUEUE_PACKETS || this.bytes + total > QUEUE_BYTES || total > OVERHANG) return false;
    // What wraps leaves the overhang unused: the start of the queue must not be met.
    if (this.packets > 0 && this.end <= this.start && this.end + total > this.start) return false;
    this.memory ??= new Uint8Array(QUEUE_BYTES + OVERHANG);
    for (let i = 0; i < headLength; i += 1) this.memory[this.end + i] = head[i]!;
    this.memory.set(body.subarray(offset, offset + length), this.end + headLength);
    this.lengths[(this.first + this.packets) % QUEUE_PACKETS] = total;
    this.end = next(this.end, total);
    this.packets += 1;
    this.bytes += total;
    return true;
  }

  /** Length of the first packet; 0 when there is none. */
  get firstLength(): number {
    return this.packets === 0 ? 0 : this.lengths[this.first]!;
  }

  /** Hands the first packet to `take`, and forgets it unless `take` answers false. */
  shift(take: (buffer: Uint8Array, offset: number, length: number) => boolean): boolean {
    const length = this.firstLength;
    if (length === 0 || !take(this.memory!, this.start, length)) return false;
    this.start = next(this.start, length);
    this.first = (this.first + 1) % QUEUE_PACKETS;
    this.packets -= 1;
    this.bytes -= length;
    return true;
  }
}

const next = (at: number, length: number): number => (at + length >= QUEUE_BYTES ? 0 : at + length);
