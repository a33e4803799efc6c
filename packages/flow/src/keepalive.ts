import { NEVER, fromMs, type Micros } from '@ouroboros/model';
import type { Machine, Sink } from '@ouroboros/machine';

/**
 * Keep-alive and peer time-out of one flow.
 *
 * A flow has a peer time-out T. When nothing was sent for T/4, an empty packet shows the other end that we live; when
 * nothing at all was received for T, the peer is taken for dead and watching ends. Both ends do this on their own;
 * an empty packet is never answered. [spec/wire-frcp.md §9]
 *
 * States: `off` (T = 0) – `watching` – `expired` (the peer was reported down; only a new T leaves it).
 *
 * Traffic is noted by two stamps, which cost a store per packet; the deadline is not moved by them. So the machine
 * wakes about every T/4 however much flows, looks at the stamps and sets the next deadline.
 */
export type KeepAliveInput = { readonly type: 'set-timeout'; readonly timeoutMs: number };

/** `send-keep-alive`: send an empty packet now. `peer-down`: nothing was received for T. */
export type KeepAliveOutput = 'send-keep-alive' | 'peer-down';

/** An empty packet is due when nothing was sent for this part of T. [spec/wire-frcp.md §9] */
const KEEP_ALIVES_PER_TIMEOUT = 4;

export class KeepAlive implements Machine<KeepAliveInput, KeepAliveOutput> {
  private state: 'off' | 'watching' | 'expired' = 'off';
  private timeout = 0 as Micros;
  private lastSent = 0 as Micros;
  private lastReceived = 0 as Micros;
  private next = NEVER;

  get deadline(): Micros {
    return this.next;
  }

  /** Notes that a packet, empty or not, was sent. */
  sent(now: Micros): void {
    this.lastSent = now;
  }

  /** When a packet, empty or not, arrived last; at first, since when there is a time-out. */
  get heardAt(): Micros {
    return this.lastReceived;
  }

  /** Notes that a packet, empty or not, arrived. */
  received(now: Micros): void {
    this.lastReceived = now;
  }

  handle(input: KeepAliveInput, now: Micros): void {
    this.timeout = fromMs(input.timeoutMs);
    this.lastSent = now;
    this.lastReceived = now;
    this.state = this.timeout > 0 ? 'watching' : 'off';
    this.plan();
  }

  wake(now: Micros, out: Sink<KeepAliveOutput>): void {
    if (this.state !== 'watching') return;
    if (now >= this.lastReceived + this.timeout) {
      this.state = 'expired';
      out.emit('peer-down');
    } else if (now >= this.lastSent + this.timeout / KEEP_ALIVES_PER_TIMEOUT) {
      this.lastSent = now;
      out.emit('send-keep-alive');
    }
    this.plan();
  }

  private plan(): void {
    const keepAliveAt = this.lastSent + this.timeout / KEEP_ALIVES_PER_TIMEOUT;
    const downAt = this.lastReceived + this.timeout;
    this.next = this.state === 'watching' ? (Math.min(keepAliveAt, downAt) as Micros) : NEVER;
  }
}
