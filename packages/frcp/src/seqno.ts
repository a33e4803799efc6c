/** Sequence numbers: unsigned 32 bit, compared by their signed difference. [spec/wire-frcp.md §3] */

/** How far `a` is behind `b` on the circle; negative when it is ahead. */
export const distance = (a: number, b: number): number => (a - b) | 0;
export const isBefore = (a: number, b: number): boolean => ((a - b) | 0) < 0;
export const plus = (a: number, packets: number): number => (a + packets) >>> 0;
