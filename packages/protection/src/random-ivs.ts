import type { Random } from '@ouroboros/ports';

/** Random bytes are drawn for so many packets at a time, so that a packet costs no allocation. */
const BATCH = 64;

/** Initialisation vectors of profile `c`. */
export class RandomIvs {
  private pool: Uint8Array;
  private used: number;

  constructor(
    private readonly random: Random,
    private readonly length: number,
  ) {
    this.used = BATCH * length;
    this.pool = new Uint8Array(0);
  }

  /** Writes the next one to `out`, its most significant bit replaced by the key phase. */
  write(phase: number, out: Uint8Array): void {
    if (this.used === BATCH * this.length) {
      this.pool = this.random.bytes(BATCH * this.length);
      this.used = 0;
    }
    for (let i = 0; i < this.length; i += 1) out[i] = this.pool[this.used + i]!;
    this.used += this.length;
    out[0] = (out[0]! & 0x7f) | (phase << 7);
  }
}
