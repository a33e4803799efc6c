import { PacketCopier } from '@ouroboros/model';
import type { UdpPeer } from './peers.js';

/** What of a MessageVector is needed to send. */
export interface OutboxKernel {
  setBytes(message: number, offset: number, length: number): void;
  setName(message: number, name: Int32Array): void;
  setSegments(message: number, size: number): void;
  /** Answers how many messages were sent; negative = none, `errno` says why the first was not. */
  send(first: number, count: number): number;
  errno(): string;
}

/** Messages, and their bytes, that wait for the end of the turn; each message is one or more datagrams. */
const MAX_MESSAGES = 128;
export const OUTBOX_BYTES = 128 * 1024;
/** The kernel's limits for a message of several datagrams. */
const MAX_SEGMENTS = 64;
const MAX_SEGMENTED_BYTES = 65_507;

/** The message for datagrams that are sent one by one after the kernel has refused them together. */
const SINGLE = MAX_MESSAGES;
/** Messages that the kernel's vector must have. */
export const OUTBOX_VECTOR = MAX_MESSAGES + 1;

/** Datagrams to one peer, one after the other in memory: `count` of `size` bytes, of which the last may have fewer. */
class Message {
  peer: UdpPeer | null = null;
  offset = 0;
  length = 0;
  size = 0;
  count = 0;
}

/**
 * Collects the datagrams of a turn and sends them with as few calls as can be. Datagrams of one size that follow each other to
 * one peer become one message (UDP_SEGMENT); where the kernel refuses such a message, they leave one by one, and those to
 * this peer of that size and above are not put together any more.
 */
export class Outbox {
  /** Datagrams that the kernel refused. */
  failures = 0;
  /** The kernel takes no more now; what it has not taken waits here. */
  blocked = false;
  private readonly bodies: PacketCopier;
  private readonly messages = Array.from({ length: MAX_MESSAGES }, () => new Message());
  /** Messages `first … count)` wait; bytes up to `used` are theirs. */
  private first = 0;
  private count = 0;
  private used = 0;

  /** `segments`: the kernel knows messages of several datagrams. */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly kernel: OutboxKernel,
    private readonly segments: boolean,
  ) {
    this.bodies = new PacketCopier(bytes);
  }

  get isEmpty(): boolean {
    return this.first === this.count;
  }

  /** False = there is no room, as the kernel takes no more, or the datagram is too long for any network. */
  put(
    peer: UdpPeer,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    bodyOffset: number,
    bodyLength: number,
  ): boolean {
    const length = headLength + bodyLength;
    const message = this.messageFor(peer, length);
    if (!message) return false;
    const { bytes, bodies, used } = this;
    for (let i = 0; i < headLength; i += 1) bytes[used + i] = head[i]!;
    if (bodyLength > 0) bodies.copy(used + headLength, body, bodyOffset, bodyLength);
    this.used = used + length;
    message.length += length;
    message.count += 1;
    return true;
  }

  /** Sends what waits. */
  flush(): void {
    this.blocked = false;
    for (let i = this.first; i < this.count; i += 1) this.prepare(i);
    while (!this.isEmpty && !this.blocked) this.sendSome();
    if (this.isEmpty) this.first = this.count = this.used = 0;
  }

  private messageFor(peer: UdpPeer, length: number): Message | null {
    if (!this.fits(length)) {
      this.flush();
      if (!this.fits(length)) return null;
    }
    const last = this.isEmpty ? null : this.messages[this.count - 1]!;
    return last && this.extends(last, peer, length) ? last : this.begin(peer, length);
  }

  private fits(length: number): boolean {
    return this.count < MAX_MESSAGES && this.used + length + 3 <= OUTBOX_BYTES;
  }

  private extends(last: Message, peer: UdpPeer, length: number): boolean {
    const { size, count } = last;
    return (
      this.segments &&
      last.peer === peer &&
      length <= size &&
      length > 0 &&
      last.length === size * count &&
      count < MAX_SEGMENTS &&
      last.length + length <= MAX_SEGMENTED_BYTES &&
      size < peer.segmentLimit
    );
  }

  private begin(peer: UdpPeer, size: number): Message {
    const message = this.messages[this.count]!;
    if (message.peer !== peer) this.kernel.setName(this.count, peer.name);
    this.count += 1;
    this.used = (this.used + 3) & ~3; // Words are copied faster than bytes.
    message.peer = peer;
    message.offset = this.used;
    message.length = 0;
    message.size = size;
    message.count = 0;
    return message;
  }

  private prepare(index: number): void {
    const { offset, length, size, count } = this.messages[index]!;
    this.kernel.setBytes(index, offset, length);
    this.kernel.setSegments(index, count > 1 ? size : 0);
  }

  private sendSome(): void {
    const message = this.messages[this.first]!;
    if (message.count > 1 && message.size >= message.peer!.segmentLimit) return this.sendOne(message);
    const sent = this.kernel.send(this.first, this.count - this.first);
    if (sent > 0) this.first += sent;
    else this.refused(message, this.kernel.errno());
  }

  private refused(message: Message, error: string): void {
    if (this.mustWait(error)) return;
    if (message.count > 1 && REFUSES_SEGMENTS.has(error)) {
      message.peer!.segmentLimit = error === 'EIO' ? 0 : message.size;
    } else {
      this.failures += message.count;
      this.first += 1;
    }
  }

  /** Sends the first datagram of the first message by itself. */
  private sendOne(message: Message): void {
    const { kernel } = this;
    const length = Math.min(message.size, message.length);
    kernel.setName(SINGLE, message.peer!.name);
    kernel.setBytes(SINGLE, message.offset, length);
    kernel.setSegments(SINGLE, 0);
    if (kernel.send(SINGLE, 1) <= 0) {
      if (this.mustWait(kernel.errno())) return;
      this.failures += 1;
    }
    message.offset += length;
    message.length -= length;
    message.count -= 1;
    this.prepare(this.first);
  }

  /** Interrupted calls are made again, by whoever called. */
  private mustWait(error: string): boolean {
    if (error === 'EAGAIN') this.blocked = true;
    return this.blocked || error === 'EINTR';
  }
}

/** A segment is longer than the path takes, or the device or its driver cannot do it at all (EIO). */
const REFUSES_SEGMENTS: ReadonlySet<string> = new Set(['EINVAL', 'EMSGSIZE', 'EIO']);
