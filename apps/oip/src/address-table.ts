import type { AddressPlace } from './ip-packet.js';

const WORDS = 4;
const FREE = -1;
/** First words of an IPv4 address as an IPv6 one. [RFC 4291 §2.5.5.2] */
const MAPPED = [0, 0, 0xffff] as const;

/**
 * Which client has which addresses, for each packet: a hash table with open addressing, that allocates nothing. An
 * address belongs to the client that was heard with it first, until that leaves or is silent with it for too long; so
 * that nobody takes another one's packets.
 */
export class AddressTable {
  private readonly slots: number;
  private readonly keys: Uint32Array;
  private readonly owners: Int32Array;
  private readonly heardAt: Float64Array;
  private readonly key = new Uint32Array(WORDS);
  private used = 0;

  /** @param capacity addresses at most, a power of two; @param silentMs after this long an address is anybody's */
  constructor(
    private readonly capacity: number,
    private readonly silentMs: number,
  ) {
    this.slots = capacity * 2;
    this.keys = new Uint32Array(this.slots * WORDS);
    this.owners = new Int32Array(this.slots).fill(FREE);
    this.heardAt = new Float64Array(this.slots);
  }

  get size(): number {
    return this.used;
  }

  /** The client that has an address of the packet at `offset`; −1: none. */
  ownerOf(packet: Uint8Array, offset: number, place: AddressPlace): number {
    this.readKey(packet, offset, place);
    return this.owners[this.find()]!;
  }

  /** A client was heard with an address: false when it belongs to another one. A full table learns nothing and refuses nothing. */
  heard(packet: Uint8Array, offset: number, place: AddressPlace, client: number, now: number): boolean {
    this.readKey(packet, offset, place);
    const slot = this.find();
    const owner = this.owners[slot]!;
    if (owner === FREE) {
      if (this.used === this.capacity) return true;
      this.used += 1;
      this.keys.set(this.key, slot * WORDS);
    } else if (owner !== client && now - this.heardAt[slot]! < this.silentMs) return false;
    this.owners[slot] = client;
    this.heardAt[slot] = now;
    return true;
  }

  /** Its addresses are free. */
  leave(client: number): void {
    const { keys, owners, heardAt } = this;
    const [oldKeys, oldOwners, oldHeard] = [keys.slice(), owners.slice(), heardAt.slice()];
    owners.fill(FREE);
    this.used = 0;
    for (let slot = 0; slot < this.slots; slot += 1) {
      if (oldOwners[slot] === FREE || oldOwners[slot] === client) continue;
      this.key.set(oldKeys.subarray(slot * WORDS, (slot + 1) * WORDS));
      const place = this.find();
      keys.set(this.key, place * WORDS);
      owners[place] = oldOwners[slot]!;
      heardAt[place] = oldHeard[slot]!;
      this.used += 1;
    }
  }

  private readKey(packet: Uint8Array, offset: number, { at, bytes }: AddressPlace): void {
    const words = bytes / 4;
    for (let i = 0; i < WORDS - words; i += 1) this.key[i] = MAPPED[i]!;
    for (let i = 0; i < words; i += 1) {
      const from = offset + at + i * 4;
      this.key[WORDS - words + i] =
        (packet[from]! << 24) | (packet[from + 1]! << 16) | (packet[from + 2]! << 8) | packet[from + 3]!;
    }
  }

  /** The slot with the key, or the free one where it would be: half of them are free always. */
  private find(): number {
    const { key, keys, owners, slots } = this;
    let hash = 0;
    for (let i = 0; i < WORDS; i += 1) hash = Math.imul(hash ^ key[i]!, 0x9e37_79b1) ^ (hash >>> 15);
    for (let slot = (hash ^ (hash >>> 13)) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      if (owners[slot] === FREE) return slot;
      const at = slot * WORDS;
      if (keys[at] === key[0] && keys[at + 1] === key[1] && keys[at + 2] === key[2] && keys[at + 3] === key[3]) {
        return slot;
      }
    }
  }
}
