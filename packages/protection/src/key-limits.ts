import { fromSeconds, type Micros } from '@ouroboros/model';
import type { KeyLimits } from './protection.js';

/**
 * 2^20 packets as in C [spec/wire-crypto.md §7.1], which is far below what GCM (2^24.5 records [RFC 8446 §5.5]) and
 * ChaCha20-Poly1305 bear; 120 s as in WireGuard.
 */
export const KEY_LIMITS: KeyLimits = { packets: 2 ** 20, time: fromSeconds(120) };

/** Parts of the limits at which each end wants new keys: the one that begins, and, in case it has not, the other. */
const WANTED = { initiator: { packets: 1 / 2, time: 3 / 4 }, responder: { packets: 3 / 4, time: 7 / 8 } } as const;

/** How long the current keys have been in use. Time counts from their first data: an idle flow changes no keys. */
export class KeyUse {
  private readonly wantedAfter: KeyLimits;
  private firstUse = Infinity;

  constructor(
    private readonly limits: KeyLimits,
    role: keyof typeof WANTED,
  ) {
    const part = WANTED[role];
    this.wantedAfter = {
      packets: Math.floor(limits.packets * part.packets),
      time: (limits.time * part.time) as Micros,
    };
  }

  /** Notes data under the current keys; true when it is the first. */
  used(now: Micros): boolean {
    if (this.firstUse !== Infinity) return false;
    this.firstUse = now;
    return true;
  }

  /** The keys of a new epoch are current. */
  renew(): void {
    this.firstUse = Infinity;
  }

  /** When the keys are in use for so long that new ones are wanted. */
  get deadline(): Micros {
    return (this.firstUse + this.wantedAfter.time) as Micros;
  }

  /** `packets`: the larger of what the two ends have sealed. */
  wantsChange(packets: number, now: Micros): boolean {
    return packets >= this.wantedAfter.packets || now >= this.firstUse + this.wantedAfter.time;
  }

  /** `packets`: sealed by this end. */
  spent(packets: number, now: Micros): boolean {
    return packets >= this.limits.packets || now >= this.firstUse + this.limits.time;
  }
}
