/**
 * Header of FRCP: 12 bytes, **big-endian**, as in-place views for the packet path. [spec/wire-frcp.md §3]
 *
 *   0 flags │ 1 window (3) │ 4 seqno (4) │ 8 ackno (4) │ 12 user data, with DATA
 *
 * Where both ends agreed on FRCP_SELECTIVE, a packet with ACK and without DATA says behind the header what arrived
 * beyond ackno (docs/wire-extensions.md):
 *
 *   12 duplicates (4) │ 16 ranges, 0 to 96 of 4 bytes:   0 missing (2) │ 2 here (2)
 *
 * The functions check nothing: the caller has checked once that the bytes are there. Buffers are the caller's.
 */

export const FRCP_PCI_LENGTH = 12;
/** Where the ranges of a selective acknowledgement begin. */
export const FRCP_RANGES_AT = 16;
export const FRCP_RANGE_LENGTH = 4;
/** Most ranges in one packet, so that it passes a path of 512 bytes with all that goes around it. */
export const FRCP_MAX_RANGES = 96;

/** Bits of the flags; 0x20, 0x40 and 0x80 are never set. */
export const FrcpFlag = {
  /** User data follows. */
  DATA: 0x01,
  /** Data run: nothing is unacknowledged, a new run may start at seqno. */
  DRF: 0x02,
  /** ackno is valid. */
  ACK: 0x04,
  /** window is valid. */
  FC: 0x08,
  /** The sender's window is closed: tell me yours. */
  RDVS: 0x10,
} as const;

const u32 = (buffer: Uint8Array, at: number): number =>
  ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;

function putU32(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
}

export const frcpFlags = (buffer: Uint8Array, offset: number): number => buffer[offset]!;
/** Low 24 bits of the receive window's edge of the packet's sender. */
export const frcpWindow = (buffer: Uint8Array, offset: number): number => u32(buffer, offset) & 0xffffff;
/** Unsigned 32 bit, as is the next. */
export const frcpSeqno = (buffer: Uint8Array, offset: number): number => u32(buffer, offset + 4);
export const frcpAckno = (buffer: Uint8Array, offset: number): number => u32(buffer, offset + 8);

/** Writes 12 bytes from `offset` on; `window` is taken modulo 2^24, the numbers modulo 2^32. */
export function writeFrcpPci(
  buffer: Uint8Array,
  offset: number,
  flags: number,
  window: number,
  seqno: number,
  ackno: number,
): void {
  buffer[offset] = flags;
  buffer[offset + 1] = window >>> 16;
  buffer[offset + 2] = window >>> 8;
  buffer[offset + 3] = window;
  putU32(buffer, offset + 4, seqno);
  putU32(buffer, offset + 8, ackno);
}

/** Data packets that came twice so far, modulo 2^32; of a selective acknowledgement. */
export const frcpDuplicates = (buffer: Uint8Array, offset: number): number => u32(buffer, offset + FRCP_PCI_LENGTH);

export function writeFrcpDuplicates(buffer: Uint8Array, offset: number, duplicates: number): void {
  putU32(buffer, offset + FRCP_PCI_LENGTH, duplicates);
}

/** Packets that are missing before range `index`, counted from the end of the range before it, or from ackno. */
export const frcpMissing = (buffer: Uint8Array, offset: number, index: number): number =>
  u32(buffer, offset + FRCP_RANGES_AT + index * FRCP_RANGE_LENGTH) >>> 16;

/** Packets of range `index`, all of which arrived. */
export const frcpHere = (buffer: Uint8Array, offset: number, index: number): number =>
  u32(buffer, offset + FRCP_RANGES_AT + index * FRCP_RANGE_LENGTH) & 0xffff;

/** Writes range `index`; both numbers are below 2^16. */
export function writeFrcpRange(buffer: Uint8Array, offset: number, index: number, missing: number, here: number): void {
  putU32(buffer, offset + FRCP_RANGES_AT + index * FRCP_RANGE_LENGTH, (missing << 16) | here);
}

/** Ranges in a selective acknowledgement of `length` bytes, or −1 when it has no such length. */
export function frcpRangeCount(length: number): number {
  const count = (length - FRCP_RANGES_AT) / FRCP_RANGE_LENGTH;
  return Number.isInteger(count) && count >= 0 && count <= FRCP_MAX_RANGES ? count : -1;
}
