/** Longest piece that `sumOf` adds up: what its 32 bits hold. */
export const MAX_SUMMED = 65_536;

/**
 * Ones' complement sum of the big-endian 16-bit words in `[from … to)`, of at most MAX_SUMMED bytes; an odd byte at the end counts as
 * followed by 0. The words are added in the byte order of the machine, and the sum is turned. [RFC 1071 §2]
 */
export function sumOf(view: DataView, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at + 16 <= to; at += 16) {
    const a = view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    sum += (a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16);
    sum += (c & 0xffff) + (c >>> 16) + (d & 0xffff) + (d >>> 16);
  }
  for (; at + 2 <= to; at += 2) sum += view.getUint16(at, true);
  if (at < to) sum += view.getUint8(at);
  const folded = fold(sum);
  return ((folded & 255) << 8) | (folded >> 8);
}

/** Into 16 bits, from 31. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** Sum of what TCP and UDP prepend in thought to a segment of `length` bytes in the IP packet at `at`. [RFC 9293 §3.1, RFC 8200 §8.1] */
export function pseudoHeaderSum(view: DataView, at: number, version: 4 | 6, protocol: number, length: number): number {
  const addresses = version === 4 ? sumOf(view, at + 12, at + 20) : sumOf(view, at + 8, at + 40);
  return fold(addresses + protocol + length);
}
