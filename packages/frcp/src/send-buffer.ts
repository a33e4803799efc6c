import type { Micros } from '@ouroboros/model';
import { ByteRing, ringLimit } from './byte-ring.js';
import { isBefore, plus } from './seqno.js';

/**
 * What was written to a reliable flow and is not yet acknowledged, by sequence number: `first` is the oldest, `end` the
 * number that the next write gets. Three columns of what is known of each packet lie in arrays that double as they fill.
 *
 * States of a packet: queued (never sent) → flying (sent) → arrived, or flying → lost (to be sent again) → flying.
 *
 * The flying packets form a list in the order in which they were last sent, oldest first, so that losses are found by
 * looking at its front alone.
 */
export const QUEUED = 0;
export const FLYING = 1;
export const ARRIVED = 2;
export const LOST = 3;
const STATE = 3;
/** Was first sent as the start of a run. */
const RUN_START = 4;
const RESENT = 8;

const FIRST_SLOTS = 64;
/** What a packet takes in the ring beyond its bytes of a message, at most. */
const PACKET_EXTRA = 8;
/** A message that needs more than such a part of the buffer is begun when there is room for its beginning. */
const LONG_PART = 4;
/**
 * Bytes that wait to be sent for the first time: as many as the queue below takes at once. More would only make the memory
 * that is gone through larger than the caches, and what is written last wait longer.
 */
const MOST_UNSENT = 1 << 18;

export class SendBuffer {
  /** Number of the oldest packet kept. */
  first: number;
  /** Number of the next packet written. */
  end: number;
  /** Packets in each state but queued. */
  flying = 0;
  arrived = 0;
  lost = 0;
  /** Bytes that are queued. */
  private unsent = 0;

  private mask = FIRST_SLOTS - 1;
  private notes = new Uint8Array(FIRST_SLOTS);
  private positions = new Uint32Array(FIRST_SLOTS);
  private lengths = new Uint32Array(FIRST_SLOTS);
  private firstSent = new Float64Array(FIRST_SLOTS);
  private lastSent = new Float64Array(FIRST_SLOTS);
  /** Neighbours in the list of flying packets, by number; what stands at its two ends means nothing. */
  private earlier = new Uint32Array(FIRST_SLOTS);
  private later = new Uint32Array(FIRST_SLOTS);
  private oldest = 0;
  private newest = 0;
  /** No packet before it is lost. */
  private lostFrom = 0;
  /** What was last refused: its bytes, and its packets. */
  private refusedLength = 0;
  private refusedPackets = 1;
  private readonly ring: ByteRing;

  constructor(
    first: number,
    bytes: number,
    private readonly maxPackets: number,
  ) {
    this.first = first;
    this.end = first;
    this.ring = new ByteRing(ringLimit(bytes));
  }

  get maxPayload(): number {
    return this.ring.maxPayload;
  }

  get count(): number {
    return (this.end - this.first) >>> 0;
  }

  /** True for a message that is not waited for to fit as a whole. */
  isLong(bytes: number, packets: number): boolean {
    return bytes > this.maxPayload / LONG_PART || packets > this.maxPackets / LONG_PART;
  }

  /** True when what was last refused would be taken. */
  get hasRoom(): boolean {
    return this.holds(this.refusedLength, this.refusedPackets);
  }

  /** True when so many bytes in so many packets would be taken. */
  takesAll(bytes: number, packets: number): boolean {
    if (this.holds(bytes, packets)) return true;
    this.refusedLength = bytes;
    this.refusedPackets = packets;
    return false;
  }

  /** Queues one packet; false when there is no room. */
  append(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): boolean {
    const mayQueue = this.count < this.maxPackets && this.mayWait(headLength + length);
    const position = mayQueue ? this.ring.put(head, headLength, body, offset, length) : -1;
    if (position < 0) {
      this.refusedLength = headLength + length;
      this.refusedPackets = 1;
      return false;
    }
    if (this.count > this.mask) this.double();
    const slot = this.end & this.mask;
    this.notes[slot] = QUEUED;
    this.positions[slot] = position;
    this.lengths[slot] = headLength + length;
    this.unsent += headLength + length;
    this.end = plus(this.end, 1);
    return true;
  }

  get bytes(): Uint8Array {
    return this.ring.bytes;
  }

  offsetOf(seqno: number): number {
    return this.ring.offsetOf(this.positions[seqno & this.mask]!);
  }

  lengthOf(seqno: number): number {
    return this.lengths[seqno & this.mask]!;
  }

  stateOf(seqno: number): number {
    return this.notes[seqno & this.mask]! & STATE;
  }

  startedRun(seqno: number): boolean {
    return (this.notes[seqno & this.mask]! & RUN_START) !== 0;
  }

  wasResent(seqno: number): boolean {
    return (this.notes[seqno & this.mask]! & RESENT) !== 0;
  }

  firstSentAt(seqno: number): number {
    return this.firstSent[seqno & this.mask]!;
  }

  lastSentAt(seqno: number): number {
    return this.lastSent[seqno & this.mask]!;
  }

  /** The flying packet that was sent longest ago; only while there are any. */
  get oldestFlying(): number {
    return this.oldest;
  }

  /** The flying packet that was sent next after a flying one; means nothing for the one sent last. */
  laterThan(seqno: number): number {
    return this.later[seqno & this.mask]!;
  }

  /** A queued packet was sent. */
  sent(seqno: number, now: Micros, startsRun: boolean): void {
    const slot = seqno & this.mask;
    this.notes[slot] = startsRun ? FLYING | RUN_START : FLYING;
    this.firstSent[slot] = now;
    this.unsent -= this.lengths[slot]!;
    this.enlist(seqno, slot, now);
  }

  /** A lost packet was sent again. */
  resent(seqno: number, now: Micros): void {
    const slot = seqno & this.mask;
    this.notes[slot] = (this.notes[slot]! & RUN_START) | FLYING | RESENT;
    this.lost -= 1;
    this.enlist(seqno, slot, now);
  }

  /** A flying packet is taken for lost. */
  markLost(seqno: number): void {
    this.unlist(seqno);
    const slot = seqno & this.mask;
    this.notes[slot] = (this.notes[slot]! & ~STATE) | LOST;
    if (this.lost === 0 || isBefore(seqno, this.lostFrom)) this.lostFrom = seqno;
    this.lost += 1;
  }

  /** A packet that is flying or lost is at the peer. */
  markArrived(seqno: number): void {
    const slot = seqno & this.mask;
    const note = this.notes[slot]!;
    if ((note & STATE) === LOST) this.lost -= 1;
    else this.unlist(seqno);
    this.notes[slot] = (note & ~STATE) | ARRIVED;
    this.arrived += 1;
  }

  /** Forgets the oldest packet, which has arrived. */
  dropFirst(): void {
    this.ring.release(this.positions[this.first & this.mask]!);
    this.first = plus(this.first, 1);
    this.arrived -= 1;
  }

  /** The lost packet with the lowest number; only while there are any. */
  firstLost(): number {
    if (isBefore(this.lostFrom, this.first)) this.lostFrom = this.first;
    while (this.stateOf(this.lostFrom) !== LOST) this.lostFrom = plus(this.lostFrom, 1);
    return this.lostFrom;
  }

  /** Forgets everything. */
  clear(): void {
    this.first = this.end;
    this.flying = this.arrived = this.lost = this.unsent = 0;
    this.ring.clear();
  }

  private holds(bytes: number, packets: number): boolean {
    const hasPlace = this.count + packets <= this.maxPackets && this.ring.fits(bytes + (packets - 1) * PACKET_EXTRA);
    return hasPlace && this.mayWait(bytes);
  }

  private mayWait(bytes: number): boolean {
    return this.unsent === 0 || this.unsent + bytes <= MOST_UNSENT;
  }

  private enlist(seqno: number, slot: number, now: Micros): void {
    this.lastSent[slot] = now;
    if (this.flying === 0) this.oldest = seqno;
    else {
      this.later[this.newest & this.mask] = seqno;
      this.earlier[slot] = this.newest;
    }
    this.newest = seqno;
    this.flying += 1;
  }

  private unlist(seqno: number): void {
    const slot = seqno & this.mask;
    if (seqno === this.oldest) this.oldest = this.later[slot]!;
    else this.later[this.earlier[slot]! & this.mask] = this.later[slot]!;
    if (seqno === this.newest) this.newest = this.earlier[slot]!;
    else this.earlier[this.later[slot]! & this.mask] = this.earlier[slot]!;
    this.flying -= 1;
  }

  private double(): void {
    const old = this.mask;
    const slots = (old + 1) * 2;
    const moved = <T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T => {
      for (let seqno = this.first; seqno !== this.end; seqno = plus(seqno, 1))
        to[seqno & (slots - 1)] = from[seqno & old]!;
      return to;
    };
    this.notes = moved(this.notes, new Uint8Array(slots));
    this.positions = moved(this.positions, new Uint32Array(slots));
    this.lengths = moved(this.lengths, new Uint32Array(slots));
    this.firstSent = moved(this.firstSent, new Float64Array(slots));
    this.lastSent = moved(this.lastSent, new Float64Array(slots));
    this.earlier = moved(this.earlier, new Uint32Array(slots));
    this.later = moved(this.later, new Uint32Array(slots));
    this.mask = slots - 1;
  }
}
