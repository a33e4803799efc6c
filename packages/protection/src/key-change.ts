import type { Micros } from '@ouroboros/model';
import type { KeyExchange, KexName } from '@ouroboros/ports';
import type { ChangeFields } from './change-message.js';
import type { EpochKeys, KeySchedule } from './key-schedule.js';

/**
 * A change of keys, seen from both ends; `n` is the epoch before.
 *
 *   initiator                                  responder
 *   OFFER(n+1)   ──── under n ────────────►    collects the parts, makes its secret, opens n+1 from now on
 *   opens n+1    ◄─── under n ────────────     ANSWER(n+1)
 *   seals n+1, CONFIRM ──── under n+1 ────►    hears n+1: seals n+1 itself
 *   hears n+1: done  ◄──── under n+1 ─────     CONFIRMED, or any other packet
 *
 * Nobody seals with keys that the other cannot have, and what is under way under the old ones is opened still: no
 * packet is lost. As every message is sealed with the current keys, only an end that holds them can change them
 * (as in QUIC and DTLS 1.3); fresh shares of X25519 and ML-KEM-768 make the new keys secret also from one who learns
 * the old ones later (TLS hybrid key exchange). The initiator alone has a timer for lost messages: the responder
 * answers each repeated part of an offer with the same part of its answer.
 */

export const CHANGE_KEX: KexName = 'X25519MLKEM768';

/** A message is repeated after this time, then after twice as long, up to REPEAT_MAX. */
const REPEAT_FIRST = 200_000;
const REPEAT_MAX = 2_000_000;

/** What a key change asks of the end that it serves. */
export interface ChangeHost {
  /** Sends a message, with its part of `share` where it has one, under the keys that seal now. */
  sendMessage(fields: ChangeFields, share: Uint8Array | null): void;
  /** The keys of the next epoch, which the host owns: it opens with them from now on, and seals when it is told. */
  install(epoch: number, keys: EpochKeys): void;
  /** Packets are sealed under this epoch from now on. */
  sealUnder(epoch: number): void;
}

export interface ChangeParts {
  readonly host: ChangeHost;
  readonly schedule: KeySchedule;
  readonly keyExchange: KeyExchange;
}

/** Either side of key changes. */
export interface KeyChange {
  readonly deadline: Micros;
  /** No change is under way, and none was asked for. */
  readonly resting: boolean;
  /** The current keys have served long enough. Only while resting. */
  wanted(now: Micros): void;
  /** An authentic packet of this epoch arrived. Called before what it says is acted on. */
  heard(epoch: number): void;
  /**
   * A well-formed message arrived under `epoch`; the part of its share begins at `at`. False when it does not belong
   * to what was said before.
   */
  message(fields: ChangeFields, epoch: number, bytes: Uint8Array, at: number, now: Micros): boolean;
  wake(now: Micros): void;
  destroy(): void;
}

/** Times of repeated messages. */
export class RepeatTimer {
  private at = Infinity;
  private interval = REPEAT_FIRST;

  get deadline(): Micros {
    return this.at as Micros;
  }

  start(now: Micros): void {
    this.interval = REPEAT_FIRST;
    this.at = now + this.interval;
  }

  /** Whether a repetition is due; if so the next is set. */
  due(now: Micros): boolean {
    if (now < this.at) return false;
    this.interval = Math.min(2 * this.interval, REPEAT_MAX);
    this.at = now + this.interval;
    return true;
  }

  stop(): void {
    this.at = Infinity;
  }
}
