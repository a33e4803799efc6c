import { concatBytes, toHex } from '@ouroboros/model';
import type { Hash } from '@ouroboros/ports';

/**
 * Unpredictable bytes from one secret seed: digests of the seed and a counter. So the registry needs no random source
 * and a seed reproduces a run.
 */
export class Secrets {
  private counter = 0;

  constructor(
    private readonly hash: Hash,
    private readonly seed: Uint8Array,
  ) {}

  /** 16 bytes: a ticket or an OAP id. */
  draw(): Uint8Array {
    const number = new Uint8Array(8);
    new DataView(number.buffer).setFloat64(0, this.counter);
    this.counter += 1;
    return this.hash.digest('SHA3_256', concatBytes(this.seed, number)).slice(0, 16);
  }

  /** 16 hex digits. */
  correlationId(): string {
    return toHex(this.draw().subarray(0, 8));
  }
}
