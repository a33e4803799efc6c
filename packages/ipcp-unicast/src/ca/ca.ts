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

/** Congestion as a member sees it on one of its data-transfer flows. Called per packet: allocates nothing. */
export interface LinkMarker {
  /** The mark to add to a packet that leaves at `now`, when `queued` packets wait in the flow. */
  mark(queued: number, now: Micros): number;
}

/** A policy as it is found by its name in the layer's configuration; `number` is its number on the wire. */
export interface CaPolicy {
  readonly name: string;
  readonly number: number;
  create(): FlowCongestion;
  createMarker(): LinkMarker;
}
