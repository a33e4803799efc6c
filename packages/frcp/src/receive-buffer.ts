import type { PacketTaker } from '@ouroboros/ports';
import { EMPTY_BYTES } from '@ouroboros/model';
import { ByteRing, ringLimit } from './byte-ring.js';
import { isBefore, plus } from './seqno.js';

/**
 * Received packets until they are read, by number: `first` is the next to be read, everything before `arrived` is here,
 * `highest` is one more than the highest number that is here. Between `arrived` and `highest` packets are missing.
 *
 * The bytes are bounded. The packet `first` is taken in even when there is no room, into a place of its own, so that a
 * buffer full of later packets cannot stop the flow.
 */
const ABSENT = 0;
const PRESENT = 1;
/** Present, and packets are missing before it that will not come. */
const AFTER_GAP = 2;
/** Lies in the place of its own. */
const APART = 3;

const FIRST_SLOTS = 64;

export class ReceiveBuffer {
  first = 0;
  arrived = 0;
  highest = 0;
  /** Within a call of the taker: the packet at hand comes after a gap. */
  gap = false;

  private mask = FIRST_SLOTS - 1;
  private notes = new Uint8Array(FIRST_SLOTS);
  private positions = new Uint32Array(FIRST_SLOTS);
  private lengths = new Uint32Array(FIRST_SLOTS);
  private used = 0;
  private apart = EMPTY_BYTES;
  private readonly ring: ByteRing;

  /** Packets that are not the oldest can hold space behind them back, but never more than once the bytes allowed. */
  constructor(
    private readonly maxBytes: number,
    private readonly maxPackets: number,
  ) {
    this.ring = new ByteRing(ringLimit(maxBytes) * 2);
  }

  /** Packets that can be read now. */
  get readable(): number {
    return (this.arrived - this.first) >>> 0;
  }

  get complete(): boolean {
    return this.arrived === this.highest;
  }

  /** Forgets all packets; `number` is the next. */
  restart(number: number): void {
    this.notes.fill(ABSENT);
    this.ring.clear();
    this.used = 0;
    this.first = this.arrived = this.highest = number;
  }

  /** `number` is not before `first` and within `maxPackets` of it. */
  has(number: number): boolean {
    return (
      isBefore(number, this.arrived) || (isBefore(number, this.highest) && this.notes[number & this.mask] !== ABSENT)
    );
  }

  /** Hands over the packet `first`, which is not here, without taking it in; false when `take` refuses it. */
  pass(afterGap: boolean, take: PacketTaker, buffer: Uint8Array, offset: number, length: number): boolean {
    this.gap = afterGap;
    const taken = take(buffer, offset, length);
    this.gap = false;
    if (!taken) return false;
    if (this.highest === this.first) this.highest = plus(this.first, 1);
    this.first = this.arrived = plus(this.first, 1);
    this.findArrived();
    return true;
  }

  /** Takes in a packet that is not here; false when there is no room. */
  put(number: number, afterGap: boolean, buffer: Uint8Array, offset: number, length: number): boolean {
    while ((number - this.first) >>> 0 > this.mask) if (!this.double()) return false;
    const slot = number & this.mask;
    if (this.putInRing(slot, buffer, offset, length)) this.notes[slot] = afterGap ? AFTER_GAP : PRESENT;
    else if (number === this.first) this.putApart(slot, buffer, offset, length);
    else return false;
    this.lengths[slot] = length;
    const next = plus(number, 1);
    if (isBefore(this.highest, next)) this.highest = next;
    this.findArrived();
    return true;
  }

  private findArrived(): void {
    while (this.arrived !== this.highest && this.notes[this.arrived & this.mask] !== ABSENT) {
      this.arrived = plus(this.arrived, 1);
    }
  }

  /** Hands over up to `max` packets in order; a packet that `take` refuses stays. */
  hand(max: number, take: PacketTaker): number {
    let taken = 0;
    while (taken < max && this.first !== this.arrived && this.handFirst(take)) taken += 1;
    this.gap = false;
    return taken;
  }

  /** One more than the last packet of the run of present or missing packets that begins with `number`; at most `highest`. */
  endOfRun(number: number, present: boolean): number {
    let end = number;
    while (end !== this.highest && (this.notes[end & this.mask] !== ABSENT) === present) end = plus(end, 1);
    return end;
  }

  private handFirst(take: PacketTaker): boolean {
    const slot = this.first & this.mask;
    const note = this.notes[slot]!;
    const length = this.lengths[slot]!;
    this.gap = note === AFTER_GAP;
    const taken =
      note === APART
        ? take(this.apart, 0, length)
        : take(this.ring.bytes, this.ring.offsetOf(this.positions[slot]!), length);
    if (!taken) return false;
    if (note !== APART) {
      this.ring.release(this.positions[slot]!);
      this.used -= length;
    }
    this.notes[slot] = ABSENT;
    this.first = plus(this.first, 1);
    return true;
  }

  private putInRing(slot: number, buffer: Uint8Array, offset: number, length: number): boolean {
    if (this.used + length > this.maxBytes) return false;
    const position = this.ring.put(EMPTY_BYTES, 0, buffer, offset, length);
    if (position < 0) return false;
    this.positions[slot] = position;
    this.used += length;
    return true;
  }

  private putApart(slot: number, buffer: Uint8Array, offset: number, length: number): void {
    if (this.apart.length < length) this.apart = new Uint8Array(length);
    this.apart.set(buffer.subarray(offset, offset + length));
    this.notes[slot] = APART;
  }

  private double(): boolean {
    const old = this.mask;
    const slots = (old + 1) * 2;
    if (slots > this.maxPackets) return false;
    const moved = <T extends Uint8Array | Uint32Array>(from: T, to: T): T => {
      for (let n = this.first; n !== this.highest; n = plus(n, 1)) to[n & (slots - 1)] = from[n & old]!;
      return to;
    };
    this.notes = moved(this.notes, new Uint8Array(slots));
    this.positions = moved(this.positions, new Uint32Array(slots));
    this.lengths = moved(this.lengths, new Uint32Array(slots));
    this.mask = slots - 1;
    return true;
  }
}
