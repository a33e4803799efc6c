import type { QosSpec } from '@ouroboros/model';
import { bandwidthInWords } from './words.js';

/**
 * The bandwidth that flows which begin or end at one member ask for, against what it was configured to have.
 *
 * Story: a flow is admitted before anybody else hears of it, as long as what it asks for is free, and gives back when it is over, be it
 * refused, given up or ended. A flow that asks for none is always admitted.
 *
 * States of a flow: unknown → admitted → unknown.
 */
export class Admission<Flow> {
  private readonly shares = new Map<Flow, bigint>();
  private sum = 0n;

  /** `capacity` in bit/s; null = no limit. */
  constructor(readonly capacity: bigint | null) {}

  /** What the admitted flows asked for together, in bit/s. */
  get admitted(): bigint {
    return this.sum;
  }

  /** Holds what the flow asks for until `giveBack`. Answers '' when it is admitted, else in words what is lacking. */
  admit(flow: Flow, { bandwidth }: Pick<QosSpec, 'bandwidth'>): string {
    this.giveBack(flow);
    if (this.capacity !== null && bandwidth > this.capacity - this.sum) return this.lacking(bandwidth, this.capacity);
    this.shares.set(flow, bandwidth);
    this.sum += bandwidth;
    return '';
  }

  /** Harmless for a flow that has nothing. */
  giveBack(flow: Flow): void {
    this.sum -= this.shares.get(flow) ?? 0n;
    this.shares.delete(flow);
  }

  /** What one flow has is from now on another's, which had nothing. */
  handOver(from: Flow, to: Flow): void {
    const share = this.shares.get(from);
    if (share === undefined) return;
    this.shares.delete(from);
    this.shares.set(to, share);
  }

  private lacking(asked: bigint, capacity: bigint): string {
    const free = bandwidthInWords(capacity - this.sum);
    return `bandwidth ${bandwidthInWords(asked)} asked, ${free} of ${bandwidthInWords(capacity)} free`;
  }
}
