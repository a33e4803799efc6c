/**
 * What stands on the links of a broadcast layer between two members of ours; C has no header there. All big-endian.
 * [docs/wire-extensions.md §12]
 *
 *   packet:     0 type = 0 │ 1 hops (1) │ 2 origin (8) │ 10 number (4) │ 14 packet …
 *   neighbors:  0 type = 1 │ { length (1) │ name }, the sender's own name first
 *
 * The origin is handled as two unsigned 32-bit halves, so that nothing is allocated per packet. The functions for packets check
 * nothing: the caller has checked once that more than `BROADCAST_PCI_LENGTH` bytes are there. Buffers are the caller's and not kept.
 */
import { OuroborosError } from '@ouroboros/model';
import { accepted, refused, type Decoded } from './decoded.js';
import { fieldTable } from './field-table.js';
import { decodeText, encodeText } from './text.js';

/** Longest packet of a broadcast layer: what C reads in one piece. [spec/wire-control.md §8, Q9] */
export const BROADCAST_MTU = 1400;
export const BroadcastType = { packet: 0, neighbors: 1 } as const;

/** Bytes before the packet. */
export const BROADCAST_PCI_LENGTH = 14;
/** Links that a packet may cross. */
export const BROADCAST_HOPS = 64;

/** For the printer; the functions below are the codec. */
export const BROADCAST_PCI_TABLE = fieldTable('big-endian', { type: 'u8', hops: 'u8', origin: 'u64', number: 'u32' });

/** `BroadcastType`, or a number that is not known. */
export const broadcastType = (buffer: Uint8Array, offset: number): number => buffer[offset]!;
/** Links that the packet may still cross, the one it came on included. */
export const broadcastHops = (buffer: Uint8Array, offset: number): number => buffer[offset + 1]!;
/** High 32 bits of the origin, unsigned. */
export const broadcastOriginHigh = (buffer: Uint8Array, offset: number): number => u32(buffer, offset + 2);
/** Low 32 bits of the origin, unsigned. */
export const broadcastOriginLow = (buffer: Uint8Array, offset: number): number => u32(buffer, offset + 6);
/** Number of the packet at its origin, unsigned 32 bit; 0 follows 2^32−1. */
export const broadcastNumber = (buffer: Uint8Array, offset: number): number => u32(buffer, offset + 10);

/** Writes the 14 bytes before a packet. The halves of the origin and the number are taken modulo 2^32. */
export function writeBroadcastPci(
  buffer: Uint8Array,
  hops: number,
  originHigh: number,
  originLow: number,
  number: number,
): void {
  buffer[0] = BroadcastType.packet;
  buffer[1] = hops;
  putU32(buffer, 2, originHigh);
  putU32(buffer, 6, originLow);
  putU32(buffer, 10, number);
}

/** Longest neighbors message. */
export const BROADCAST_NEIGHBORS_MAX = 1024;

/** Who a member is, and to whom it has links, by the names at which layers below find them. */
export interface BroadcastNeighbors {
  readonly self: string;
  /** In the order of their UTF-16 code units. The receiver may be among them. */
  readonly neighbors: readonly string[];
}

/** Decodes a whole neighbors message, type included. */
export function decodeBroadcastNeighbors(bytes: Uint8Array): Decoded<BroadcastNeighbors> {
  if (bytes.length > BROADCAST_NEIGHBORS_MAX) return refused('too-long');
  if (bytes[0] !== BroadcastType.neighbors) return refused('bad-value', 'type');
  const names: string[] = [];
  for (let at = 1; at < bytes.length;) {
    const end = at + 1 + bytes[at]!;
    if (end > bytes.length) return refused('too-short', 'name');
    const name = decodeText(bytes.subarray(at + 1, end));
    if (!name) return refused(name === undefined ? 'malformed' : 'bad-length', 'name');
    names.push(name);
    at = end;
  }
  const [self, ...neighbors] = names;
  return self === undefined ? refused('missing-field', 'self') : accepted({ self, neighbors });
}

/** A whole neighbors message, with as many neighbors as it has room for. EINVAL for a name of none or more than 255 bytes. */
export function encodeBroadcastNeighbors({ self, neighbors }: BroadcastNeighbors): Uint8Array {
  const bytes = new Uint8Array(BROADCAST_NEIGHBORS_MAX);
  bytes[0] = BroadcastType.neighbors;
  let length = 1;
  for (const name of [self, ...neighbors]) {
    const text = encodeText(name);
    if (text.length === 0 || text.length > 255) {
      throw new OuroborosError('EINVAL', `a name has 1 to 255 bytes, not ${text.length}`, { field: 'name' });
    }
    if (length + 1 + text.length > bytes.length) break;
    bytes[length] = text.length;
    bytes.set(text, length + 1);
    length += 1 + text.length;
  }
  return bytes.slice(0, length);
}

const u32 = (buffer: Uint8Array, at: number): number =>
  ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;

function putU32(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
}
