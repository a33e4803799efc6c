import { HASH_LENGTH } from '@ouroboros/model';
import type { Hash } from '@ouroboros/ports';

/** A digest that needs no cryptography: FNV-1a, drawn out to the length. */
export const testHash: Hash = {
  digest: (algorithm, bytes) => {
    const out = new Uint8Array(algorithm === 'SHA384' ? 48 : HASH_LENGTH[algorithm]);
    let state = 0x811c9dc5;
    for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193);
    for (let i = 0; i < out.length; i++) {
      state = Math.imul(state ^ (state >>> 15) ^ i, 0x01000193);
      out[i] = state >>> 24;
    }
    return out;
  },
};
