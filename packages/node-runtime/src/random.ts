import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '@ouroboros/ports';

const POOL_WORDS = 256;

/** Random numbers of the system's cryptographic generator. */
export class NodeRandom implements Random {
  private readonly pool = new Uint32Array(POOL_WORDS);
  private used = POOL_WORDS;

  bytes(length: number): Uint8Array {
    return new Uint8Array(randomBytes(length));
  }

  uint32(): number {
    if (this.used === POOL_WORDS) {
      randomFillSync(this.pool);
      this.used = 0;
    }
    const word = this.pool[this.used] ?? 0;
    this.pool[this.used] = 0;
    this.used += 1;
    return word;
  }
}
