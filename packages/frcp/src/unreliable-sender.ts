import { NEVER, type Micros } from '@ouroboros/model';
import type { FrcpCounters, FrcpWrite } from './contract.js';
import type { Departures } from './departures.js';
import { plus } from './seqno.js';
import type { Sender } from './sender.js';

/**
 * Sends each packet at once and keeps nothing. The window is ignored: C leaks credit with each lost packet and gives none
 * unasked, and a late packet is of no use. [spec/wire-frcp.md §13 rule 8]
 */
export class UnreliableSender implements Sender {
  readonly maxPayload = Infinity;
  readonly deadline = NEVER;
  readonly delivered = true;
  readonly taken = true;
  readonly outstanding = 0;
  readonly window = 0;
  readonly roundTrip = 0 as Micros;
  readonly failed = false;
  obeysWindow = false;

  private next: number;
  private refused = false;

  constructor(
    first: number,
    private readonly out: Departures,
    private readonly counters: FrcpCounters,
  ) {
    this.next = first;
  }

  get hasRoomAgain(): boolean {
    if (!this.refused || this.out.blocked) return false;
    this.refused = false;
    return true;
  }

  write(
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
    now: Micros,
  ): FrcpWrite {
    if (!this.out.dataInParts(this.next, head, headLength, body, offset, length, now)) {
      this.refused = true;
      return 'full';
    }
    this.next = plus(this.next, 1);
    this.out.runSeqno = this.next;
    this.counters.dataSent += 1;
    this.counters.bytesSent += headLength + length;
    return 'ok';
  }

  takesAll(): boolean {
    return true;
  }

  /** C acknowledges control packets, and its last acknowledgement names what it read. */
  acknowledged(): boolean {
    return true;
  }

  credited(): void {
    this.out.runKnown = true;
  }

  heard(): void {}

  wake(): void {}

  push(): void {}
}
