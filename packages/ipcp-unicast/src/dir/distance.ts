/** XOR distance of Kademlia over the first 8 bytes, big-endian, as the reference computes it. [spec/wire-control.md §6.3] */
export const prefixOf = (id: Uint8Array): bigint => new DataView(id.buffer, id.byteOffset, 8).getBigUint64(0);

export const distance = (a: bigint, b: bigint): bigint => a ^ b;

/** Number of leading bits that two prefixes share, 0…64. */
export const sharedBits = (a: bigint, b: bigint): number => 64 - (a === b ? 0 : (a ^ b).toString(2).length);

/** The `count` items closest to `target`, closest first. */
export function closest<T extends { readonly prefix: bigint }>(items: Iterable<T>, target: bigint, count: number): T[] {
  const ranked = [...items].map((item) => ({ item, far: distance(item.prefix, target) }));
  ranked.sort((a, b) => (a.far < b.far ? -1 : a.far > b.far ? 1 : 0));
  return ranked.slice(0, count).map(({ item }) => item);
}
