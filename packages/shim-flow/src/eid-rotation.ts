/** Lowest EID that flows get: C keeps the numbers below for itself. [spec/wire-shims.md §1.2] */
export const FIRST_EID = 64;
/** One above the highest: C's table has 4,096 places. */
export const END_EID = 4096;

/**
 * Own EIDs, in rotation: the number of a flow that ended comes back as late as possible, so that what a peer still
 * sends to it meets nobody. [spec/wire-shims.md Quirk 16]
 */
export class EidRotation<T> {
  private readonly slots: (T | undefined)[];
  private next = FIRST_EID;
  private used = 0;

  constructor(private readonly end = END_EID) {
    this.slots = new Array<T | undefined>(end);
  }

  get count(): number {
    return this.used;
  }

  /** The holder of an EID from the network, whatever number that is. */
  get(eid: number): T | undefined {
    return eid >= FIRST_EID && eid < this.end ? this.slots[eid] : undefined;
  }

  /** Takes the next free EID for what `make` makes of it; undefined when all are in use. */
  take(make: (eid: number) => T): T | undefined {
    if (this.used === this.end - FIRST_EID) return undefined;
    while (this.slots[this.next] !== undefined) this.step();
    const holder = make(this.next);
    this.slots[this.next] = holder;
    this.used += 1;
    this.step();
    return holder;
  }

  free(eid: number): void {
    if (this.get(eid) === undefined) return;
    this.slots[eid] = undefined;
    this.used -= 1;
  }

  *holders(): Iterable<T> {
    for (const holder of this.slots) if (holder !== undefined) yield holder;
  }

  private step(): void {
    this.next = this.next + 1 < this.end ? this.next + 1 : FIRST_EID;
  }
}
