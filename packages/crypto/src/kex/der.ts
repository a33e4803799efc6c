/**
 * The little of DER that keys need: definite lengths, tags below 31. [X.690 §8, §10]
 *
 *   0 tag (1) │ 1 length: one byte below 128, else 0x80 + n and n bytes, big-endian │ contents
 */
import { concatBytes } from '@ouroboros/model';

export const DER = { integer: 2, bitString: 3, octetString: 4, oid: 6, sequence: 0x30, context0: 0x80 } as const;

export interface DerValue {
  readonly tag: number;
  readonly contents: Uint8Array;
  /** Tag, length and contents. */
  readonly whole: Uint8Array;
}

/** The values that stand one behind the other in `bytes`; undefined when they do not fill it exactly. */
export function readDer(bytes: Uint8Array): DerValue[] | undefined {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const value = readOne(bytes, at);
    if (value === undefined) return undefined;
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

function readOne(bytes: Uint8Array, at: number): DerValue | undefined {
  const short = bytes[at + 1];
  if (short === undefined) return undefined;
  const lengthBytes = short < 0x80 ? 0 : short - 0x80;
  if (lengthBytes > 3 || short === 0x80) return undefined;
  let length = lengthBytes === 0 ? short : 0;
  for (let i = 0; i < lengthBytes; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
  const from = at + 2 + lengthBytes;
  if (from + length > bytes.length) return undefined;
  return { tag: bytes[at]!, contents: bytes.subarray(from, from + length), whole: bytes.subarray(at, from + length) };
}

export function writeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...contents);
  return concatBytes(Uint8Array.of(tag, ...lengthOf(body.length)), body);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
}
