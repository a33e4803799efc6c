import { ReplayWindow } from '@ouroboros/protection';

/** A window is 1 KiB, so this is what the memory of a member is bounded by: 1 MiB. */
export const MAX_ORIGINS = 1024;

interface Origin {
  high: number;
  low: number;
  window: ReplayWindow;
  lastUsed: number;
  /** Another origin with the same low half. */
  next: Origin | undefined;
}

/**
 * Which packets came already: for each origin a window of the last 8160 numbers. When there are too many origins, the one that
 * was silent longest is forgotten. Nothing is allocated for a packet of a known origin.
 */
export class Origins {
  private readonly byLow = new Map<number, Origin>();
  private count = 0;
  private uses = 0;

  /** `most`: origins that are remembered. */
  constructor(private readonly most: number = MAX_ORIGINS) {}

  get size(): number {
    return this.count;
  }

  /** True when this packet comes for the first time, which is noted. One that is older than the window counts as known. */
  isNew(high: number, low: number, number: number): boolean {
    const origin = this.find(high, low) ?? this.add(high, low);
    this.uses += 1;
    origin.lastUsed = this.uses;
    if (!origin.window.accepts(number)) return false;
    origin.window.note(number);
    return true;
  }

  private find(high: number, low: number): Origin | undefined {
    let origin = this.byLow.get(low | 0);
    while (origin !== undefined && (origin.high !== high || origin.low !== low)) origin = origin.next;
    return origin;
  }

  private add(high: number, low: number): Origin {
    if (this.count >= this.most) this.forget(this.oldest());
    const origin = { high, low, window: new ReplayWindow(), lastUsed: 0, next: this.byLow.get(low | 0) };
    this.byLow.set(low | 0, origin);
    this.count += 1;
    return origin;
  }

  private oldest(): Origin {
    let oldest: Origin | undefined;
    for (const first of this.byLow.values()) {
      for (let one: Origin | undefined = first; one !== undefined; one = one.next) {
        if (oldest === undefined || one.lastUsed < oldest.lastUsed) oldest = one;
      }
    }
    return oldest!;
  }

  private forget(origin: Origin): void {
    const first = this.byLow.get(origin.low | 0)!;
    this.count -= 1;
    if (first !== origin) {
      let before = first;
      while (before.next !== origin) before = before.next!;
      before.next = origin.next;
    } else if (origin.next) this.byLow.set(origin.low | 0, origin.next);
    else this.byLow.delete(origin.low | 0);
  }
}
