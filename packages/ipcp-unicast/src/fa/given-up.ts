import { fromSeconds, micros, type Address, type Micros } from '@ouroboros/model';

/** No reply comes later: irmd lets a request wait for 4.5 s. */
const REMEMBERED = fromSeconds(10);
const MAX_REMEMBERED = 1024;

interface GivenUp {
  readonly eid: bigint;
  readonly to: Address;
  /** A peer of ours, as far as is known. */
  ours: boolean;
  readonly until: Micros;
}

/**
 * Requests whose process did not wait for the reply. A reply that comes all the same has opened the other half of a flow that
 * nobody wants; a peer of ours can be told.
 */
export class GivenUpRequests {
  private requests: GivenUp[] = [];

  add(eid: bigint, to: Address, ours: boolean, now: Micros): void {
    this.requests = this.requests.filter(({ until }) => until > now).slice(1 - MAX_REMEMBERED);
    this.requests.push({ eid, to, ours, until: micros(now + REMEMBERED) });
  }

  isOurs(address: Address): void {
    for (const request of this.requests) if (request.to === address) request.ours = true;
  }

  /** The member that answered a request of this EID and is to be told that it is over; forgets the request. */
  take(eid: bigint): Address | undefined {
    const found = this.requests.find((request) => request.eid === eid);
    if (found) this.requests = this.requests.filter((request) => request !== found);
    return found?.ours ? found.to : undefined;
  }
}
