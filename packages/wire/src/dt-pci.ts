/**
 * Header of the unicast data transfer protocol: 15 bytes, **little-endian**, as in-place views for the packet path.
 * [spec/wire-unicast-data.md §2]
 *
 *   0 dst_addr (4) │ 4 qos cube │ 5 ttl │ 6 ecn │ 7 eid (8) │ 15 payload …
 *
 * The 64-bit EID is handled as two unsigned 32-bit halves, so that nothing is allocated per packet. The functions check
 * nothing: the caller has checked once that `DT_PCI_LENGTH` bytes are there. Buffers are the caller's and not kept.
 */
import { fieldTable } from './field-table.js';

/** Length of the header with 4-byte addresses and 8-byte EIDs, the only layout in use. */
export const DT_PCI_LENGTH = 15;
/** EIDs of components; flows have EIDs of 64 and more. [spec/wire-unicast-data.md §3] */
export const DT_EID_FLOW_ALLOCATOR = 0;
export const DT_EID_DIRECTORY = 1;
/** Of ours: C drops packets to it. */
export const DT_EID_TRACE = 2;
export const DT_EID_DESCENT = 3;
export const DT_FIRST_FLOW_EID = 64;

/** For the printer; the functions below are the codec. */
export const DT_PCI_TABLE = fieldTable('little-endian', {
  dst: 'u32',
  cube: 'u8',
  ttl: 'u8',
  ecn: 'u8',
  eid: 'u64',
});

const u32le = (buffer: Uint8Array, at: number): number =>
  (buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24)) >>> 0;

function putU32le(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value;
  buffer[at + 1] = value >>> 8;
  buffer[at + 2] = value >>> 16;
  buffer[at + 3] = value >>> 24;
}

/** Destination address, unsigned 32 bit; 0 is invalid. */
export const dtDst = (buffer: Uint8Array, offset: number): number => u32le(buffer, offset);
/** QoS cube as sent; forwarding does not depend on it. */
export const dtCube = (buffer: Uint8Array, offset: number): number => buffer[offset + 4]!;
export const dtTtl = (buffer: Uint8Array, offset: number): number => buffer[offset + 5]!;
/** Congestion mark, 0 = none. */
export const dtEcn = (buffer: Uint8Array, offset: number): number => buffer[offset + 6]!;
/** Low 32 bits of the EID, unsigned. */
export const dtEidLow = (buffer: Uint8Array, offset: number): number => u32le(buffer, offset + 7);
/** High 32 bits of the EID, unsigned. */
export const dtEidHigh = (buffer: Uint8Array, offset: number): number => u32le(buffer, offset + 11);

/** Writes the TTL byte in place (modulo 256). */
export function setDtTtl(buffer: Uint8Array, offset: number, ttl: number): void {
  buffer[offset + 5] = ttl;
}

/** ORs a mark (0…255) into the ECN byte in place, as each hop does. */
export function markDtEcn(buffer: Uint8Array, offset: number, mark: number): void {
  buffer[offset + 6] = buffer[offset + 6]! | mark;
}

/** Writes a whole header: 15 bytes from `offset` on. `eidLow`, `eidHigh` and `dst` are taken modulo 2^32. */
export function writeDtPci(
  buffer: Uint8Array,
  offset: number,
  dst: number,
  cube: number,
  ttl: number,
  ecn: number,
  eidLow: number,
  eidHigh: number,
): void {
  putU32le(buffer, offset, dst);
  buffer[offset + 4] = cube;
  buffer[offset + 5] = ttl;
  buffer[offset + 6] = ecn;
  putU32le(buffer, offset + 7, eidLow);
  putU32le(buffer, offset + 11, eidHigh);
}

/** Low half of a 64-bit EID. */
export const eidLow = (eid: bigint): number => Number(eid & 0xffffffffn);
/** High half of a 64-bit EID. */
export const eidHigh = (eid: bigint): number => Number((eid >> 32n) & 0xffffffffn);
/** A 64-bit EID from its unsigned halves; for the control path. */
export const eidOf = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
