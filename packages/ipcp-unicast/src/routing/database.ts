import type { Address, Micros } from '@ouroboros/model';

/** One directed adjacency as the network last announced it. */
export interface LsEntry {
  readonly src: Address;
  readonly dst: Address;
  readonly seq: bigint;
  /** True for a tombstone: the adjacency was withdrawn, and older news of it is not believed. */
  readonly withdrawn: boolean;
  /** With `withdrawn`: the flow to the neighbour ended, rather than fell silent. */
  readonly ended: boolean;
  /** When this state was last heard. */
  readonly stamp: Micros;
  /** Rises from one change of the database to the next. */
  readonly order: number;
}

/** Two 32-bit numbers do not fit one double, so the pair is kept as text. */
const key = (src: Address, dst: Address): string => `${src}:${dst}`;

const MASK = 0xffff_ffff_ffff_ffffn;

/** A 64-bit mix of what an entry says; the digest of a database is the XOR of its entries' mixes, so order is no matter. */
function mix(entry: LsEntry): bigint {
  let h = (BigInt(entry.src) << 32n) | BigInt(entry.dst);
  h = (h ^ (entry.seq << 1n) ^ (entry.withdrawn ? 1n : 0n)) & MASK;
  h = ((h ^ (h >> 31n)) * 0x9e37_79b9_7f4a_7c15n) & MASK;
  h = ((h ^ (h >> 29n) ^ BigInt(entry.dst)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
  return h ^ (h >> 32n);
}

/** The link-state database, keyed by (source, destination), with its running digest. */
export class LsDatabase {
  private readonly entries = new Map<string, LsEntry>();
  /** Equal digests and counts mean equal databases but for chance of 2^-64. */
  digest = 0n;
  /** Of the last that was put in. */
  order = 0;
  /** Entries so far that said something else than before, and not the same once more. */
  changes = 0;

  get size(): number {
    return this.entries.size;
  }

  get(src: Address, dst: Address): LsEntry | undefined {
    return this.entries.get(key(src, dst));
  }

  values(): IterableIterator<LsEntry> {
    return this.entries.values();
  }

  /** The entries of one member. */
  of(src: Address): LsEntry[] {
    return [...this.entries.values()].filter((entry) => entry.src === src);
  }

  /** A newer number and time for what is said again without a change. */
  renew(entry: LsEntry, seq: bigint, stamp: Micros): void {
    this.digest ^= mix(entry);
    const renewed = { ...entry, seq, stamp };
    this.entries.set(key(entry.src, entry.dst), renewed);
    this.digest ^= mix(renewed);
  }

  /** Inserts or replaces. */
  put(news: Omit<LsEntry, 'stamp' | 'order'>, stamp: Micros): LsEntry {
    const known = this.get(news.src, news.dst);
    if (known) this.digest ^= mix(known);
    const { src, dst, seq, withdrawn, ended } = news;
    this.order += 1;
    if (known?.withdrawn !== withdrawn || known.ended !== ended) this.changes += 1;
    const entry = { src, dst, seq, withdrawn, ended, stamp, order: this.order };
    this.entries.set(key(src, dst), entry);
    this.digest ^= mix(entry);
    return entry;
  }

  delete(entry: LsEntry): void {
    if (this.entries.delete(key(entry.src, entry.dst))) this.digest ^= mix(entry);
  }
}
