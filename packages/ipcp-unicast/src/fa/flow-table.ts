import type { Delivery, UserFlow } from '@ouroboros/ipcp-kit';
import type { Address, Micros } from '@ouroboros/model';
import type { FlowCongestion } from '../ca/index.js';

/** Maximum packet lifetime in ms, told to both ends of every flow. [spec/wire-unicast-data.md §9.3] */
export const MPL_MS = 100;

/** One flow of a local process through this layer. EIDs are kept in halves, so that packets need no bigint. */
export interface FaFlow {
  readonly eidLow: number;
  readonly eidHigh: number;
  readonly remoteAddress: Address;
  remoteLow: number;
  remoteHigh: number;
  /** requested: our request is out. arrived: theirs is here, irmd not yet through. open: packets may flow. */
  state: 'requested' | 'arrived' | 'open';
  user: UserFlow | null;
  readonly congestion: FlowCongestion;
  /** Where packets wait for the process; null while it never was slower than they came. */
  delivery: Delivery | null;
  /** Packets wait until then because the layer is congested; 0 = no wait. */
  pausedUntil: Micros | 0;
  sent: number;
  sendFailed: number;
  received: number;
  receiveFailed: number;
  updatesSent: number;
  updatesReceived: number;
}

/** C drops EIDs whose low half is not a descriptor: 64…4095. [spec/wire-unicast-data.md §3] */
const FIRST = 64;
const END = 4096;

/**
 * Flows by the low half of their EID. Numbers are taken in rotation, so that late packets of an old flow do not meet a
 * new one.
 */
export class FlowTable {
  private readonly slots = new Array<FaFlow | undefined>(END);
  private next = FIRST;
  size = 0;

  /** The next free low half, or undefined when all 4,032 are in use. */
  freeEid(): number | undefined {
    for (let tries = FIRST; tries < END; tries += 1) {
      const low = this.next;
      this.next = low + 1 === END ? FIRST : low + 1;
      if (this.slots[low] === undefined) return low;
    }
    return undefined;
  }

  add(flow: FaFlow): void {
    this.slots[flow.eidLow] = flow;
    this.size += 1;
  }

  delete(flow: FaFlow): boolean {
    if (this.slots[flow.eidLow] !== flow) return false;
    this.slots[flow.eidLow] = undefined;
    this.size -= 1;
    return true;
  }

  /** The whole EID must agree: its random half is what protects against stale and guessed ones. */
  find(eidLow: number, eidHigh: number): FaFlow | undefined {
    const flow = eidLow < END ? this.slots[eidLow] : undefined;
    return flow !== undefined && flow.eidHigh === eidHigh ? flow : undefined;
  }

  values(): FaFlow[] {
    return this.slots.filter((flow): flow is FaFlow => flow !== undefined);
  }
}
