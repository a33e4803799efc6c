import { mapAnonymous, MessageVector, type MappedMemory } from '../native/index.js';
import type { PeerTable, UdpPeer } from './peers.js';

/** Room for a message: the kernel puts together up to 64 KiB of datagrams of one size from one peer (UDP_GRO). */
const SLOT_BYTES = 64 * 1024;
/** Messages received at a time. Their memory counts only as far as it was ever needed. */
const MAX_SLOTS = 32;
/** Bytes handed out in a turn, about: a part of the ring of one user, who cannot read it before the turn's end. */
const TURN_BYTES = 64 * 1024;

type Taker = (buffer: Uint8Array, offset: number, length: number, from: UdpPeer) => void;

/** Receives many datagrams with one call, and hands them out one by one where they lie. */
export class Inbox {
  private readonly memory: MappedMemory;
  private readonly bytes: Uint8Array;
  private readonly vector: MessageVector;
  private slots = 1;
  private reading = false;
  private closed = false;

  constructor(
    fd: number,
    private readonly peers: PeerTable,
    private readonly take: Taker,
  ) {
    this.memory = mapAnonymous(MAX_SLOTS * SLOT_BYTES);
    this.bytes = new Uint8Array(this.memory.bytes);
    this.vector = new MessageVector(fd, MAX_SLOTS, this.memory.address);
    for (let i = 0; i < MAX_SLOTS; i += 1) this.vector.setBytes(i, i * SLOT_BYTES, SLOT_BYTES);
  }

  /** Some of what has arrived; the rest is for the next turn. Answers false when the socket is in error. */
  read(): boolean {
    const count = this.vector.receive(this.slots);
    if (count < 0) return HARMLESS.has(this.vector.errno());
    this.reading = true;
    let total = 0;
    try {
      for (let i = 0; i < count && !this.closed; i += 1) total += this.hand(i);
    } finally {
      this.reading = false;
      if (this.closed) this.release();
    }
    if (total > TURN_BYTES) this.slots = Math.max(1, this.slots >> 1);
    else if (count === this.slots && 2 * total <= TURN_BYTES) this.slots = Math.min(MAX_SLOTS, this.slots * 2);
    return true;
  }

  /** The datagram at hand, if any, is the last. */
  close(): void {
    this.closed = true;
    if (!this.reading) this.release();
  }

  private hand(message: number): number {
    const { vector, bytes, take } = this;
    const from = this.peers.at(vector.names, vector.nameAt(message));
    const length = vector.lengthOf(message);
    const size = vector.segmentsOf(message);
    const start = message * SLOT_BYTES;
    let at = 0;
    do {
      take(bytes, start + at, Math.min(size, length - at), from);
      at += size;
    } while (at < length && !this.closed);
    return length;
  }

  private release(): void {
    this.vector.release();
    this.memory.unmap();
  }
}

/** There is nothing (more) to receive now. */
const HARMLESS: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR']);
