import type { PacketTaker } from '@ouroboros/ports';
import { Stage } from './stage.js';

/** A stage that looks at each packet that comes: some go up, changed or not, others end here. */
export abstract class Sieve extends Stage {
  protected closed = false;
  /** The user refused a packet in the read under way: nothing more is given to it. */
  protected refused = false;
  private taker: PacketTaker = takeNothing;
  private given = 0;
  private wanted = 0;

  read(max: number, take: PacketTaker): number {
    return this.readBelow(max, take);
  }

  override close(): void {
    if (this.closed) return;
    this.closed = true;
    this.below.close();
  }

  /** What becomes of one packet from below: false leaves it there. Calls `give` at most once, and not after `refused`. */
  protected abstract arrive(buffer: Uint8Array, offset: number, length: number): boolean;

  /** Hands a packet to the user; false when it has no room. */
  protected give(buffer: Uint8Array, offset: number, length: number): boolean {
    this.refused = !this.taker(buffer, offset, length);
    if (!this.refused) this.given += 1;
    return !this.refused;
  }

  /** Reads from below until `max` packets were given to `take`; answers how many were. */
  protected readBelow(max: number, take: PacketTaker): number {
    const { taker, given, wanted, refused } = this;
    this.taker = take;
    this.given = 0;
    this.wanted = max;
    this.refused = false;
    // Not more than are wanted: a stage below may have to do work for each that it offers.
    for (let asked = max; asked > 0 && !this.closed; asked = max - this.given) {
      if (this.below.read(asked, this.look) < asked) break;
    }
    const taken = this.given;
    this.taker = taker;
    this.given = given;
    this.wanted = wanted;
    this.refused = refused;
    return taken;
  }

  private readonly look: PacketTaker = (buffer, offset, length) =>
    this.given < this.wanted && !this.refused && !this.closed && this.arrive(buffer, offset, length);
}

const takeNothing: PacketTaker = () => false;
