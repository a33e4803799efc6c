/** An unsigned 64-bit number from two of `random32`. */
export const random64 = (random32: () => number): bigint =>
  (BigInt(random32() >>> 0) << 32n) | BigInt(random32() >>> 0);
