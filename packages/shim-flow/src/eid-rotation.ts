/** EIDs of a shim: `first` … `end` − 1 are given to own flows; a peer's may be any from 1 to `maxRemote`. */
export interface EidRange {
  readonly first: number;
  readonly end: number;
  readonly maxRemote: number;
}

/** Where EIDs are numbers of C's flow descriptors: those below 64 it keeps for itself, its table has 4,096 places. [spec/wire-shims.md §1.2] */
export const DESCRIPTOR_EIDS = { first: 64, end: 4096 } as const;

/**
 * Own EIDs, in rotation: the number of a flow that ended comes back as late as possible, so that what a peer still
 * sends to it meets nobody. [spec/wire-shims.md Quirk 16]
 */
export class EidRotation<T> {
  private readonly slots: (T | undefined)[];
  private next: number;
  private used = 0;

  constructor(private readonly range: Pick<EidRange, 'first' | 'end'>) {
    this.next = range.first;
    this.slots = new Array<T | undefined>(range.end);
  }

  get count(): number {
    return this.used;
  }

  /** The holder of an EID from the network, whatever number that is. */
  get(eid: number): T | undefined {
    return eid >= this.range.first && eid < this.range.end ? this.slots[eid] : undefined;
  }

  /** Takes the next free EID for what `make` makes of it; undefined when all are in use. */
  take(make: (eid: number) => T): T | undefined {
    if (this.used === this.range.end - this.range.first) return undefined;
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
    this.next = this.next + 1 < this.range.end ? this.next + 1 : this.range.first;
  }
}
