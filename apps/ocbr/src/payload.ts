/**
 * What ocbr writes into one packet of the flow. [spec/tools.md §5]
 *
 *   0                8
 *   | sequence number | anything, up to the size |
 *
 * The number is a signed 64-bit integer in the memory order of the sender, which is little-endian on all supported
 * machines. C leaves it out when it floods; no server looks at it.
 */
export const MIN_SIZE = 8;
export const MAX_SIZE = 524_288;

const HALF = 2 ** 32;

/** `seqno`: 0 to 2^53 − 1. */
export function putSeqno(packet: Uint8Array, seqno: number): void {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  view.setUint32(0, seqno % HALF, true);
  view.setUint32(4, Math.floor(seqno / HALF), true);
}
