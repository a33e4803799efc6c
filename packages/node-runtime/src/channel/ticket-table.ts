import { createHash, timingSafeEqual } from 'node:crypto';
import { OuroborosError } from '@ouroboros/model';
import { TICKET_BYTES } from './channel-message.js';

/** Most flows of one host that wait for the other side at once. */
export const MAX_EXPECTED = 4096;

interface Entry<T> {
  readonly ticket: Uint8Array;
  readonly uid: number | undefined;
  readonly value: T;
}

/** Why a ticket was not honoured. */
export type TicketRefusal = 'unknown-ticket' | 'wrong-user';

/** The tickets that a host expects; each is honoured once. */
export class TicketTable<T> {
  private readonly entries = new Map<string, Entry<T>>();

  /** EINVAL, EEXIST, EBUSY: MAX_EXPECTED. */
  add(ticket: Uint8Array, uid: number | undefined, value: T): void {
    checkTicket(ticket);
    const key = keyOf(ticket);
    if (this.entries.has(key))
      throw new OuroborosError('EEXIST', 'this ticket is expected already', { field: 'ticket' });
    if (this.entries.size >= MAX_EXPECTED)
      throw new OuroborosError('EBUSY', 'too many flows wait for their other side');
    this.entries.set(key, { ticket: ticket.slice(), uid, value });
  }

  /**
   * Redeems a ticket that a process of `uid` presents. A process of the wrong user does not use the ticket up: the right
   * one may still come. `uid` undefined = not known, which satisfies no expectation of a user.
   */
  take(ticket: Uint8Array, uid: number | undefined): T | TicketRefusal {
    const key = keyOf(ticket);
    const entry = this.entries.get(key);
    if (!entry || !timingSafeEqual(entry.ticket, ticket)) return 'unknown-ticket';
    if (entry.uid !== undefined && entry.uid !== uid) return 'wrong-user';
    this.entries.delete(key);
    return entry.value;
  }

  /** Expects `value` no longer under this ticket. */
  delete(ticket: Uint8Array, value: T): void {
    const key = keyOf(ticket);
    if (this.entries.get(key)?.value === value) this.entries.delete(key);
  }
}

export function checkTicket(ticket: Uint8Array): void {
  if (ticket.length === TICKET_BYTES) return;
  throw new OuroborosError('EINVAL', `a ticket has ${TICKET_BYTES} bytes, not ${ticket.length}`, { field: 'ticket' });
}

/** A digest, so that how long the search takes says nothing about the tickets in the table. */
const keyOf = (ticket: Uint8Array): string => createHash('sha256').update(ticket).digest('hex');
