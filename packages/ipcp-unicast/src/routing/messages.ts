import { address, type Address } from '@ouroboros/model';

/**
 * Messages between members that announced LS_SYNC in their OCEP message, all big-endian. Their lengths are never 24, so
 * that they cannot be taken for an LSA [docs/wire-extensions.md].
 *
 * ```
 * SUMMARY  | 1 u8 | count u32 | digest u64 |                                     13 bytes
 * ENTRIES  | 2 u8 | n × ( dst u64 | src u64 | seq u64 | age u32 ms | flags u8 )   1 + 29 n bytes
 * ```
 *
 * Flags: 1 withdrawn; 2 ended: withdrawn because the flow to the neighbour ended, and not because it fell silent. The age is what has passed since the announcement was made, so that an entry that is passed on does not live again.
 */
export interface Announcement {
  readonly dst: Address;
  readonly src: Address;
  readonly seq: bigint;
  readonly withdrawn: boolean;
  /** With `withdrawn`: the flow to the neighbour ended, rather than fell silent. */
  readonly ended: boolean;
  readonly ageMs: number;
}

export type SyncMessage =
  | { readonly kind: 'summary'; readonly count: number; readonly digest: bigint }
  | { readonly kind: 'entries'; readonly entries: readonly Announcement[] };

const SUMMARY = 1;
const ENTRIES = 2;
const ENTRY_LENGTH = 29;
const WITHDRAWN = 1;
const ENDED = 2;
/** As many entries as fit a packet of the smallest layer below that is in use (1,388 bytes on unicast over DIX). */
export const MAX_ENTRIES = 40;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function encodeSummary(count: number, digest: bigint): Uint8Array {
  const bytes = new Uint8Array(13);
  const data = view(bytes);
  data.setUint8(0, SUMMARY);
  data.setUint32(1, count);
  data.setBigUint64(5, digest);
  return bytes;
}

/** At most MAX_ENTRIES. */
export function encodeEntries(entries: readonly Announcement[]): Uint8Array {
  const bytes = new Uint8Array(1 + ENTRY_LENGTH * entries.length);
  const data = view(bytes);
  data.setUint8(0, ENTRIES);
  entries.forEach((entry, i) => {
    const at = 1 + ENTRY_LENGTH * i;
    data.setBigUint64(at, BigInt(entry.dst));
    data.setBigUint64(at + 8, BigInt(entry.src));
    data.setBigUint64(at + 16, entry.seq);
    data.setUint32(at + 24, Math.min(entry.ageMs, 0xffff_ffff));
    data.setUint8(at + 28, (entry.withdrawn ? WITHDRAWN : 0) | (entry.ended ? ENDED : 0));
  });
  return bytes;
}

function decodeEntry(data: DataView, at: number): Announcement | undefined {
  const dst = data.getBigUint64(at);
  const src = data.getBigUint64(at + 8);
  if (!isAddress(dst) || !isAddress(src)) return undefined;
  return {
    dst: address(Number(dst)),
    src: address(Number(src)),
    seq: data.getBigUint64(at + 16),
    ageMs: data.getUint32(at + 24),
    withdrawn: (data.getUint8(at + 28) & WITHDRAWN) !== 0,
    ended: (data.getUint8(at + 28) & ENDED) !== 0,
  };
}

export const isAddress = (value: bigint): boolean => value > 0n && value <= 0xffff_ffffn;

/** Undefined for anything malformed. */
export function decodeSync(bytes: Uint8Array): SyncMessage | undefined {
  const data = view(bytes);
  if (bytes.length === 13 && bytes[0] === SUMMARY) {
    return { kind: 'summary', count: data.getUint32(1), digest: data.getBigUint64(5) };
  }
  const n = (bytes.length - 1) / ENTRY_LENGTH;
  if (bytes[0] !== ENTRIES || !Number.isInteger(n) || n < 1 || n > MAX_ENTRIES) return undefined;
  const entries: Announcement[] = [];
  for (let i = 0; i < n; i += 1) {
    const entry = decodeEntry(data, 1 + ENTRY_LENGTH * i);
    if (!entry) return undefined;
    entries.push(entry);
  }
  return { kind: 'entries', entries };
}
