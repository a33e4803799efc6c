/**
 * The checksum of flows that accept no bit errors: CRC-32 of IEEE 802.3 (reflected polynomial 0xedb88320, initial value
 * and final XOR 0xffffffff), big-endian, as the last 4 bytes of the packet. [spec/wire-frcp.md §8]
 *
 * Eight bytes per step, by eight tables: the k-th gives what a byte becomes after k more zero bytes.
 */

/** Length of the checksum behind a packet. */
export const CRC32_LENGTH = 4;

const POLYNOMIAL = 0xedb88320;
const SLICES = 8;
const TABLE = makeTables();

function makeTables(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256]!;
    table[at] = (before >>> 8) ^ table[before & 0xff]!;
  }
  return table;
}

/**
 * The CRC, unsigned, of `buffer[offset … offset+length)`. `before` is the CRC of bytes that come before these, so that a
 * packet in parts is summed part by part. Allocates nothing.
 */
export function crc32(buffer: Uint8Array, offset: number, length: number, before = 0): number {
  const t = TABLE;
  const end = offset + length;
  let crc = ~before;
  let at = offset;
  for (; at + SLICES <= end; at += SLICES) {
    crc ^= buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24);
    crc =
      t[1792 + (crc & 0xff)]! ^
      t[1536 + ((crc >>> 8) & 0xff)]! ^
      t[1280 + ((crc >>> 16) & 0xff)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + buffer[at + 4]!]! ^
      t[512 + buffer[at + 5]!]! ^
      t[256 + buffer[at + 6]!]! ^
      t[buffer[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ buffer[at]!) & 0xff]!;
  return ~crc >>> 0;
}

/** Writes a checksum, 4 bytes from `offset` on. */
export function writeCrc32(buffer: Uint8Array, offset: number, crc: number): void {
  buffer[offset] = crc >>> 24;
  buffer[offset + 1] = crc >>> 16;
  buffer[offset + 2] = crc >>> 8;
  buffer[offset + 3] = crc;
}

/** True when the packet ends with the checksum of all before it; false too when it is shorter than a checksum. */
export function endsWithCrc32(buffer: Uint8Array, offset: number, length: number): boolean {
  if (length < CRC32_LENGTH) return false;
  const at = offset + length - CRC32_LENGTH;
  const found = (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
  return found >>> 0 === crc32(buffer, offset, length - CRC32_LENGTH);
}
