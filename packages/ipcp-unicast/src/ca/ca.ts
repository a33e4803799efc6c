import type { Micros } from '@ouroboros/model';

/**
 * Congestion avoidance of one flow, both directions. Called per packet: allocates nothing.
 * [spec/wire-unicast-data.md §10]
 */
export interface FlowCongestion {
  /** A packet of `length` bytes is sent at `now`. Answers until when the next one has to wait; 0 = no wait. */
  onSent(length: number, now: Micros): Micros | 0;
  /** The far end reported this congestion level. */
  onUpdate(level: number): void;
  /** A packet with this mark arrived. Answers the level to report to the far end, or −1 for no report. */
  onReceived(mark: number): number;
  /** For reports. */
  describe(): CongestionState;
}

export interface CongestionState {
  readonly upstreamLevel: number;
  readonly downstreamLevel: number;
  readonly windowBytes: number;
  readonly regime: 'Slow start' | 'Multiplicative dec' | 'Additive inc' | 'None';
}

/** A policy as it is found by its name in the layer's configuration; `number` is its number on the wire. */
export interface CaPolicy {
  readonly name: string;
  readonly number: number;
  create(): FlowCongestion;
  /** The mark that a node adds to a packet when `queued` packets wait in the outgoing data-transfer flow. */
  mark(queued: number): number;
}
