import type { Micros } from '@ouroboros/model';
import type { Via } from './values.js';

/** What a neighbour has left, and when that was counted. */
interface Account {
  left: number;
  at: Micros;
}

/** Signatures that may be checked at once for what comes over one neighbour: a thousand names and more are stored when members meet. */
export const MOST = 2048;
export const PER_SECOND = 256;
/** A signature that does not hold costs as much as so many that do: 16 a second at most. */
export const PRICE_OF_A_LIE = 16;
const MAX_NEIGHBORS = 4096;

/**
 * Bounds the work that packets make which come by themselves: of each neighbour, as that alone is known of who sent them, so that who
 * floods, and those behind the same neighbour, wait, and nobody else.
 */
export class Allowance {
  private readonly accounts = new Map<Via, Account>();

  /** Whether a signature may be checked now. */
  has(via: Via, now: Micros): boolean {
    return this.account(via, now).left >= 1;
  }

  spend(via: Via, held: boolean, now: Micros): void {
    this.account(via, now).left -= held ? 1 : PRICE_OF_A_LIE;
  }

  private account(via: Via, now: Micros): Account {
    if (this.accounts.size >= MAX_NEIGHBORS) this.accounts.clear();
    const account = this.accounts.get(via) ?? { left: MOST, at: now };
    this.accounts.set(via, account);
    account.left = Math.min(MOST, account.left + ((now - account.at) * PER_SECOND) / 1e6);
    account.at = now;
    return account;
  }
}
