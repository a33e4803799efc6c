import { address, type Address } from '@ouroboros/model';
import type { Signed } from '../signed/index.js';
import { isAddress } from './messages.js';

/**
 * All adjacencies of one member, signed by it, between members of a layer that authenticates them, all big-endian
 * [docs/wire-extensions.md, Signed link state]. Its length is never 13 or 24 and its type is 3, so that it is taken for nothing else.
 *
 * ```
 * STATEMENT | 3 u8 | age u32 ms | n u16 | signature n | body
 * body      | origin u64 | number u64 | n u16 | n × ( dst u64 | flags u8 ) | certificate (DER)
 * ```
 *
 * The number is the wall clock of the member in ms, or one more than the last where that is not more. Flags are those of ENTRIES. The
 * age alone is not signed: it grows on the way.
 */
export interface Statement {
  readonly origin: Address;
  readonly number: bigint;
  readonly adjacencies: readonly Adjacency[];
  /** DER. */
  readonly certificate: Uint8Array;
}

export interface Adjacency {
  readonly dst: Address;
  readonly withdrawn: boolean;
  readonly ended: boolean;
}

export const STATEMENT = 3;
const HEAD = 7;
const BODY_HEAD = 18;
const ADJACENCY = 9;
const WITHDRAWN = 1;
const ENDED = 2;
/** More neighbours than a member can have; bounds what a hostile one makes others keep. */
export const MAX_ADJACENCIES = 1024;
const MAX_CERTIFICATE = 8192;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** At most MAX_ADJACENCIES. */
export function encodeBody({ origin, number, adjacencies, certificate }: Statement): Uint8Array {
  const bytes = new Uint8Array(BODY_HEAD + ADJACENCY * adjacencies.length + certificate.length);
  const data = view(bytes);
  data.setBigUint64(0, BigInt(origin));
  data.setBigUint64(8, number);
  data.setUint16(16, adjacencies.length);
  adjacencies.forEach(({ dst, withdrawn, ended }, i) => {
    data.setBigUint64(BODY_HEAD + ADJACENCY * i, BigInt(dst));
    data.setUint8(BODY_HEAD + ADJACENCY * i + 8, (withdrawn ? WITHDRAWN : 0) | (ended ? ENDED : 0));
  });
  bytes.set(certificate, bytes.length - certificate.length);
  return bytes;
}

/** Undefined for anything malformed. Byte fields are views. */
export function decodeBody(bytes: Uint8Array): Statement | undefined {
  if (bytes.length < BODY_HEAD) return undefined;
  const data = view(bytes);
  const [origin, number, count] = [data.getBigUint64(0), data.getBigUint64(8), data.getUint16(16)];
  const at = BODY_HEAD + ADJACENCY * count;
  const certificate = bytes.subarray(at);
  if (!isAddress(origin) || count > MAX_ADJACENCIES || at >= bytes.length) return undefined;
  if (certificate.length > MAX_CERTIFICATE) return undefined;
  const adjacencies = new Map<Address, Adjacency>();
  for (let i = 0; i < count; i += 1) {
    const dst = data.getBigUint64(BODY_HEAD + ADJACENCY * i);
    if (!isAddress(dst)) return undefined;
    const flags = data.getUint8(BODY_HEAD + ADJACENCY * i + 8);
    const one = { dst: address(Number(dst)), withdrawn: (flags & WITHDRAWN) !== 0, ended: (flags & ENDED) !== 0 };
    adjacencies.set(one.dst, one);
  }
  if (adjacencies.size !== count) return undefined;
  return { origin: address(Number(origin)), number, adjacencies: [...adjacencies.values()], certificate };
}

export function encodeStatement({ body, signature }: Signed, ageMs: number): Uint8Array {
  const bytes = new Uint8Array(HEAD + signature.length + body.length);
  const data = view(bytes);
  data.setUint8(0, STATEMENT);
  data.setUint32(1, Math.min(ageMs, 0xffff_ffff));
  data.setUint16(5, signature.length);
  bytes.set(signature, HEAD);
  bytes.set(body, HEAD + signature.length);
  return bytes;
}

/** Undefined for what is no such message. Byte fields are views. */
export function decodeStatement(bytes: Uint8Array): (Signed & { readonly ageMs: number }) | undefined {
  if (bytes.length < HEAD || bytes[0] !== STATEMENT) return undefined;
  const data = view(bytes);
  const end = HEAD + data.getUint16(5);
  if (end > bytes.length) return undefined;
  return { ageMs: data.getUint32(1), signature: bytes.subarray(HEAD, end), body: bytes.subarray(end) };
}
