import { MAX_FLOWS, type Micros } from '@ouroboros/model';

const FREE = 0;
const TAKEN = Infinity;

/** The numbers of flows on this host, 1…10239. A freed number rests for a while before it is given again. */
export class FlowIds {
  /** Per number: when it may be given again. */
  private readonly freeAt = new Float64Array(MAX_FLOWS).fill(FREE);

  /** The lowest free number, or the highest (`fromTop`); undefined when there is none. */
  take(now: Micros, fromTop = false): number | undefined {
    for (let i = 1; i < MAX_FLOWS; i++) {
      const id = fromTop ? MAX_FLOWS - i : i;
      if (this.freeAt[id]! > now) continue;
      this.freeAt[id] = TAKEN;
      return id;
    }
    return undefined;
  }

  /** Takes this very number; false when it is taken or no flow id at all. */
  claim(id: number): boolean {
    if (!Number.isInteger(id) || id < 1 || id >= MAX_FLOWS || this.freeAt[id] === TAKEN) return false;
    this.freeAt[id] = TAKEN;
    return true;
  }

  free(id: number, notBefore: Micros): void {
    this.freeAt[id] = notBefore;
  }
}
