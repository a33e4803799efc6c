import type { SeededRandom } from '@ouroboros/simnet';

/** What a path does to packets. Times in microseconds. */
export interface PathQuality {
  readonly loss: number;
  readonly duplication: number;
  readonly delay: readonly [min: number, max: number];
}

const SLOT = 640;

/**
 * One direction of a path in virtual time: loses, delays, reorders and duplicates packets. Packets lie in slots that
 * are used again, so that millions of them can pass.
 */
export class Path {
  duplicated = 0;
  /** Packets to lose, counted from 0. */
  losing: ReadonlySet<number> = new Set();
  private count = 0;
  private memory = new Uint8Array(SLOT * 64);
  private readonly free: number[] = [];
  private slots = 0;
  private readonly times: number[] = [];
  private readonly heapSlots: number[] = [];
  private readonly lengths: number[] = [];

  constructor(
    private readonly random: SeededRandom,
    public quality: PathQuality,
  ) {}

  /** When the next packet arrives; Infinity when none is under way. */
  get next(): number {
    return this.times[0] ?? Infinity;
  }

  /** False when the packet is lost. */
  send(packet: Uint8Array, offset: number, length: number, now: number): boolean {
    if (length > SLOT) throw new Error(`a packet of ${length} bytes`);
    const { loss, duplication } = this.quality;
    if (this.losing.has(this.count++)) return false;
    if (loss > 0 && this.random.fraction() < loss) return false;
    this.enqueue(packet, offset, length, now);
    if (duplication > 0 && this.random.fraction() < duplication) {
      this.duplicated += 1;
      this.enqueue(packet, offset, length, now);
    }
    return true;
  }

  /** Hands over the packet that arrives next. */
  deliver(take: (memory: Uint8Array, offset: number, length: number) => void): void {
    const slot = this.pop();
    take(this.memory, slot * SLOT, this.lengths[slot]!);
    this.free.push(slot);
  }

  private enqueue(packet: Uint8Array, offset: number, length: number, now: number): void {
    const [min, max] = this.quality.delay;
    const slot = this.takeSlot();
    this.memory.set(packet.subarray(offset, offset + length), slot * SLOT);
    this.lengths[slot] = length;
    this.push(now + min + (max - min) * this.random.fraction(), slot);
  }

  private takeSlot(): number {
    const slot = this.free.pop() ?? this.slots++;
    if ((slot + 1) * SLOT <= this.memory.length) return slot;
    const larger = new Uint8Array(2 * this.memory.length);
    larger.set(this.memory);
    this.memory = larger;
    return slot;
  }

  private push(time: number, slot: number): void {
    const { times, heapSlots } = this;
    let i = times.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (times[parent]! <= time) break;
      times[i] = times[parent]!;
      heapSlots[i] = heapSlots[parent]!;
      i = parent;
    }
    times[i] = time;
    heapSlots[i] = slot;
  }

  private pop(): number {
    const { times, heapSlots } = this;
    const first = heapSlots[0]!;
    const time = times.pop()!;
    const slot = heapSlots.pop()!;
    const size = times.length;
    if (size === 0) return first;
    let i = 0;
    for (let child = 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && times[child + 1]! < times[child]!) child += 1;
      if (times[child]! >= time) break;
      times[i] = times[child]!;
      heapSlots[i] = heapSlots[child]!;
      i = child;
    }
    times[i] = time;
    heapSlots[i] = slot;
    return first;
  }
}
