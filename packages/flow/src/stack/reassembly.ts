import { fromSeconds, NEVER, type Micros } from '@ouroboros/model';
import { FRAGMENT_HEADER, MAX_MESSAGE, fragmentCount, fragmentIndex, fragmentMessage } from '@ouroboros/wire';

/**
 * Puts messages together from their fragments, whole or not at all.
 *
 * All fragments of a message but the last are equally long, so a fragment's place is its index times that length. Until
 * one of them has come, a last fragment waits aside. Every number comes from the peer: a fragment that contradicts its
 * message, or names one that would be too long, is dropped and counted. At most `maxMessages` messages with `maxBytes`
 * bytes together are under way; the one that has waited longest makes room, as does one that got nothing for 5 s.
 */
export interface ReassemblyCounters {
  /** Messages that were completed. */
  messages: number;
  /** Fragments that contradict themselves or their message. */
  malformed: number;
  /** Fragments that had come before. */
  duplicates: number;
  /** Messages that were given up, for room or for time. */
  incomplete: number;
}

/** A message under way. */
interface Partial {
  id: number;
  /** 0 = this slot is free. */
  count: number;
  arrived: number;
  /** Length of all fragments but the last; 0 = not known yet. */
  size: number;
  /** Length of the last fragment; 0 = not here yet. */
  lastLength: number;
  bytes: Uint8Array;
  /** The last fragment, while `size` is not known. */
  last: Uint8Array;
  /** One bit per fragment that is here. */
  seen: Uint8Array;
  touched: Micros;
}

/** What a message may wait for its next fragment. */
const PATIENCE = fromSeconds(5);
/** A longer buffer is not kept for the next message. */
const KEPT_BYTES = 1 << 20;
const NOTHING = new Uint8Array(0);

export class Reassembly {
  readonly counters: ReassemblyCounters = { messages: 0, malformed: 0, duplicates: 0, incomplete: 0 };
  /** The message that `add` completed; to be used before the next `add`. */
  message: Uint8Array = NOTHING;
  messageLength = 0;
  private readonly partials: Partial[];
  private reserved = 0;
  private spare: Uint8Array = NOTHING;

  constructor(
    maxMessages = 8,
    private readonly maxBytes = 2 * MAX_MESSAGE,
    private readonly maxMessage = MAX_MESSAGE,
  ) {
    this.partials = Array.from({ length: maxMessages }, newPartial);
  }

  /** Bytes that messages under way have taken in memory. */
  get bytes(): number {
    return this.reserved;
  }

  /** Messages under way. */
  get pending(): number {
    return this.partials.filter((partial) => partial.count > 0).length;
  }

  /** When `expire` is to be called, or NEVER. */
  get deadline(): Micros {
    const oldest = this.oldest();
    return oldest === undefined ? NEVER : ((oldest.touched + PATIENCE) as Micros);
  }

  /** Drops what has waited too long. */
  expire(now: Micros): void {
    for (const partial of this.partials) {
      if (partial.count > 0 && now >= partial.touched + PATIENCE) this.giveUp(partial);
    }
  }

  /** Takes a fragment frame, its header included; true when it completed a message, which then stands in `message`. */
  add(buffer: Uint8Array, offset: number, length: number, now: Micros): boolean {
    const size = length - FRAGMENT_HEADER;
    if (size <= 0) return this.refuse();
    const id = fragmentMessage(buffer, offset);
    const index = fragmentIndex(buffer, offset);
    const count = fragmentCount(buffer, offset);
    if (index >= count || count < 2 || (count - 1) * (index < count - 1 ? size : 1) >= this.maxMessage) {
      return this.refuse();
    }
    const partial = this.find(id) ?? this.begin(id, count, now);
    if (partial.count !== count || !this.fits(partial, index, size)) return this.refuse();
    if (!this.mark(partial, index)) return false;
    partial.touched = now;
    this.put(partial, index, buffer, offset + FRAGMENT_HEADER, size);
    return partial.arrived === count && this.complete(partial);
  }

  clear(): void {
    for (const partial of this.partials) if (partial.count > 0) this.release(partial);
    this.message = this.spare = NOTHING;
  }

  private fits(partial: Partial, index: number, size: number): boolean {
    const last = partial.count - 1;
    if (index === last) return partial.size === 0 || (size <= partial.size && this.isShort(last * partial.size + size));
    if (partial.size === 0) return partial.lastLength <= size && this.isShort(last * size + partial.lastLength);
    return partial.size === size;
  }

  private isShort(length: number): boolean {
    return length <= this.maxMessage;
  }

  private mark(partial: Partial, index: number): boolean {
    const bit = 1 << (index & 7);
    if ((partial.seen[index >> 3]! & bit) !== 0) {
      this.counters.duplicates += 1;
      return false;
    }
    partial.seen[index >> 3]! |= bit;
    partial.arrived += 1;
    return true;
  }

  private put(partial: Partial, index: number, buffer: Uint8Array, at: number, size: number): void {
    const source = buffer.subarray(at, at + size);
    if (index === partial.count - 1) {
      partial.lastLength = size;
      if (partial.size > 0) partial.bytes.set(source, index * partial.size);
      else partial.last = source.slice();
      return;
    }
    if (partial.size === 0) this.reserve(partial, size);
    partial.bytes.set(source, index * size);
  }

  /** The length of the message is known now, but for the last fragment: takes its memory. */
  private reserve(partial: Partial, size: number): void {
    partial.size = size;
    const most = partial.count * size;
    this.makeRoom(partial, most);
    partial.bytes = this.spare.length >= most ? this.spare : new Uint8Array(most);
    this.spare = NOTHING;
    this.reserved += partial.bytes.length;
    partial.bytes.set(partial.last, (partial.count - 1) * size);
    partial.last = NOTHING;
  }

  private makeRoom(mine: Partial, bytes: number): void {
    for (let other = this.oldest(mine); other && this.reserved + bytes > this.maxBytes; other = this.oldest(mine)) {
      this.giveUp(other);
    }
  }

  private complete(partial: Partial): boolean {
    this.message = partial.bytes;
    this.messageLength = (partial.count - 1) * partial.size + partial.lastLength;
    this.counters.messages += 1;
    this.release(partial);
    if (this.message.length <= KEPT_BYTES) this.spare = this.message;
    return true;
  }

  private begin(id: number, count: number, now: Micros): Partial {
    const partial = this.partials.find((slot) => slot.count === 0) ?? this.oldest()!;
    if (partial.count > 0) this.giveUp(partial);
    partial.id = id;
    partial.count = count;
    partial.touched = now;
    const seen = (count + 7) >> 3;
    if (partial.seen.length < seen) partial.seen = new Uint8Array(seen);
    else partial.seen.fill(0);
    return partial;
  }

  private find(id: number): Partial | undefined {
    for (const partial of this.partials) if (partial.count > 0 && partial.id === id) return partial;
    return undefined;
  }

  private oldest(except?: Partial): Partial | undefined {
    let oldest: Partial | undefined;
    for (const partial of this.partials) {
      if (partial.count === 0 || partial === except) continue;
      if (oldest === undefined || partial.touched < oldest.touched) oldest = partial;
    }
    return oldest;
  }

  private giveUp(partial: Partial): void {
    this.counters.incomplete += 1;
    this.release(partial);
  }

  private release(partial: Partial): void {
    this.reserved -= partial.bytes.length;
    partial.count = partial.arrived = partial.size = partial.lastLength = 0;
    partial.bytes = partial.last = NOTHING;
  }

  private refuse(): false {
    this.counters.malformed += 1;
    return false;
  }
}

const newPartial = (): Partial => ({
  ...{ id: 0, count: 0, arrived: 0, size: 0, lastLength: 0, touched: 0 as Micros },
  ...{ bytes: NOTHING, last: NOTHING, seen: NOTHING },
});
