/** Groups of finite-field Diffie-Hellman. [RFC 7919 appendix A] */
export type FfdheName = 'ffdhe2048' | 'ffdhe3072' | 'ffdhe4096';

/** Bits of the prime, and the number X that makes it one. */
const GROUPS: Readonly<Record<FfdheName, readonly [bits: number, x: bigint]>> = {
  ffdhe2048: [2048, 560316n],
  ffdhe3072: [3072, 2625351n],
  ffdhe4096: [4096, 5736041n],
};

/** floor(2^bits * e), from the series of e with some bits to spare. */
function eulerTimes(bits: number): bigint {
  const spare = 64n;
  let term = 1n << (BigInt(bits) + spare);
  let sum = 0n;
  for (let n = 1n; term > 0n; n++) {
    sum += term;
    term /= n;
  }
  return sum >> spare;
}

/** p = 2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1, big-endian; the generator of each group is 2. */
export function ffdhePrime(name: FfdheName): Uint8Array {
  const [bits, x] = GROUPS[name];
  const width = BigInt(bits);
  const prime = (1n << width) - (1n << (width - 64n)) + ((eulerTimes(bits - 130) + x) << 64n) - 1n;
  return Uint8Array.from(prime.toString(16).match(/../g)!, (pair) => parseInt(pair, 16));
}
