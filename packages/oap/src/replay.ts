import { fromSeconds, toHex, type Micros } from '@ouroboros/model';

/** How long a request is remembered: as long as a timestamp may be fresh (freshness.ts), and a little more. */
export const REPLAY_WINDOW: Micros = fromSeconds(21);
export const REPLAY_CAPACITY = 16_384;

/**
 * The requests of the last seconds. It has a fixed capacity; when full it forgets the oldest, so that a flood cannot
 * keep honest requests out.
 */
export class ReplayTable {
  private readonly expiry = new Map<string, Micros>();

  constructor(private readonly capacity = REPLAY_CAPACITY) {}

  get size(): number {
    return this.expiry.size;
  }

  /** Remembers a request. False when it was there already, which means that this one is a replay. */
  add(timestampNs: bigint, id: Uint8Array, now: Micros): boolean {
    this.forgetExpired(now);
    const key = `${timestampNs} ${toHex(id)}`;
    if (this.expiry.has(key)) return false;
    if (this.expiry.size >= this.capacity) this.forgetOldest();
    this.expiry.set(key, (now + REPLAY_WINDOW) as Micros);
    return true;
  }

  /** A map keeps the order of insertion, which is the order of expiry. */
  private forgetExpired(now: Micros): void {
    for (const [key, until] of this.expiry) {
      if (until > now) return;
      this.expiry.delete(key);
    }
  }

  private forgetOldest(): void {
    for (const key of this.expiry.keys()) {
      this.expiry.delete(key);
      return;
    }
  }
}
