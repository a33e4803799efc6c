/**
 * Frames between two ends of ours that agreed on FRAMES: what stands in front of each packet of a flow that is not
 * empty, below FRCP and inside protection. All big-endian. [docs/wire-extensions.md §8]
 *
 *   packet:        0 type = 0 │ 1 packet …
 *   fragment:      0 type = 1 │ 1 message (4) │ 5 index (2) │ 7 count (2) │ 9 bytes …
 *   probe:         0 type = 2 │ 1 number (4) │ 5 zeros …
 *   probe answer:  0 type = 3 │ 1 number (4) │ 5 length of the probe (4)
 *   key change:    0 type = 4 │ 1 protection's own …
 *
 * And the byte in front of each payload of FRCP, which makes messages of payloads: bits of FlowSegment.
 *
 * The functions are views for the packet path: they check nothing, the caller has checked the length once.
 */
export const FlowFrame = { packet: 0, fragment: 1, probe: 2, probeAnswer: 3, keyChange: 4 } as const;

/** Bytes before the packet in a frame of type 0. */
export const PACKET_FRAME_HEADER = 1;
export const FRAGMENT_HEADER = 9;
/** A probe's least length. */
export const PROBE_HEADER = 5;
export const PROBE_ANSWER_LENGTH = 9;
/** Fragments of one message. */
export const MAX_FRAGMENTS = 0xffff;
/** Longest message in bytes that ends of ours cut and put together again. */
export const MAX_MESSAGE = 1 << 24;

/** Bits of the segment byte. A message in one piece has FIRST and LAST; END is the writer's last word and carries nothing. */
export const FlowSegment = { first: 0x01, last: 0x02, end: 0x04 } as const;
export const SEGMENT_HEADER = 1;

/** Message that a fragment is a part of. */
export const fragmentMessage = (buffer: Uint8Array, offset: number): number => u32(buffer, offset + 1);
/** Which fragment of its message, from 0. */
export const fragmentIndex = (buffer: Uint8Array, offset: number): number => u16(buffer, offset + 5);
/** How many fragments its message has. */
export const fragmentCount = (buffer: Uint8Array, offset: number): number => u16(buffer, offset + 7);

/** Writes the 9 bytes before a fragment. */
export function writeFragment(buffer: Uint8Array, message: number, index: number, count: number): void {
  buffer[0] = FlowFrame.fragment;
  putU32(buffer, 1, message);
  putU16(buffer, 5, index);
  putU16(buffer, 7, count);
}

/** Number of a probe, or of the probe that is answered. */
export const probeNumber = (buffer: Uint8Array, offset: number): number => u32(buffer, offset + 1);
/** How long the probe was that is answered, its header included. */
export const probeAnswerLength = (buffer: Uint8Array, offset: number): number => u32(buffer, offset + 5);

/** Writes the 5 bytes before the zeros of a probe. */
export function writeProbe(buffer: Uint8Array, number: number): void {
  buffer[0] = FlowFrame.probe;
  putU32(buffer, 1, number);
}

/** Writes a whole probe answer, 9 bytes. */
export function writeProbeAnswer(buffer: Uint8Array, number: number, length: number): void {
  buffer[0] = FlowFrame.probeAnswer;
  putU32(buffer, 1, number);
  putU32(buffer, 5, length);
}

const u16 = (buffer: Uint8Array, at: number): number => (buffer[at]! << 8) | buffer[at + 1]!;

const u32 = (buffer: Uint8Array, at: number): number =>
  ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;

function putU16(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >>> 8;
  buffer[at + 1] = value;
}

function putU32(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
}
