import { IPV4, IPV6, type IpFamily } from '@ouroboros/model';
import type { DatagramPeer } from '@ouroboros/ports';

/*
 * struct sockaddr_in (16):   0 family (2)  2 port (2, big-endian)  4 address (4)  8 zero (8)
 * struct sockaddr_in6 (28):  0 family (2)  2 port (2, big-endian)  4 flow (4)     8 address (16)  24 scope (4)
 */
interface Layout {
  readonly family: IpFamily;
  readonly number: number;
  readonly words: number;
  readonly addressAt: number;
}

const LAYOUTS: Readonly<Record<4 | 6, Layout>> = {
  4: { family: IPV4, number: 2, words: 4, addressAt: 4 },
  6: { family: IPV6, number: 10, words: 7, addressAt: 8 },
};
const PORT_AT = 2;

/** Places that a port remembers; then it forgets all of them, as anybody can pretend to send from anywhere. */
const MAX_PEERS = 4_096;

/** The structure for the kernel, as words; undefined when there is no such place. */
export function socketName(version: 4 | 6, address: string, port: number): Int32Array | undefined {
  const { family, number, words, addressAt } = LAYOUTS[version];
  const bytes = family.bytes(address);
  if (!bytes || !Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  const name = new Int32Array(words);
  const view = new DataView(name.buffer);
  view.setUint16(0, number, true);
  view.setUint16(PORT_AT, port);
  new Uint8Array(name.buffer).set(bytes, addressAt);
  return name;
}

/** A place and what sending to it has taught. */
export class UdpPeer implements DatagramPeer {
  /** Datagrams of this length, and longer ones, are not sent as parts of one message: the kernel has refused to. */
  segmentLimit = Infinity;
  /** Another one with the same hash. */
  next: UdpPeer | undefined;

  constructor(
    readonly address: string,
    readonly port: number,
    readonly name: Int32Array,
  ) {}

  isAt(words: Int32Array, index: number): boolean {
    const { name } = this;
    for (let i = 0; i < name.length; i += 1) if (name[i] !== words[index + i]) return false;
    return true;
  }
}

/** The places that a port knows, by the structures that the kernel writes. Finding one makes nothing. */
export class PeerTable {
  private readonly layout: Layout;
  private readonly byHash = new Map<number, UdpPeer>();
  private count = 0;
  private last: UdpPeer | undefined;

  constructor(private readonly version: 4 | 6) {
    this.layout = LAYOUTS[version];
  }

  /** undefined when nothing can be sent there. */
  find(address: string, port: number): UdpPeer | undefined {
    const name = port === 0 ? undefined : socketName(this.version, address, port);
    return name && this.at(name, 0);
  }

  /** The place whose structure begins at a word. */
  at(words: Int32Array, index: number): UdpPeer {
    if (this.last?.isAt(words, index)) return this.last;
    const hash = this.hashOf(words, index);
    let peer = this.byHash.get(hash);
    while (peer && !peer.isAt(words, index)) peer = peer.next;
    return (this.last = peer ?? this.add(hash, words.slice(index, index + this.layout.words)));
  }

  private add(hash: number, name: Int32Array): UdpPeer {
    if (this.count === MAX_PEERS) {
      this.byHash.clear();
      this.count = 0;
    }
    const peer = new UdpPeer(this.addressIn(name), new DataView(name.buffer).getUint16(PORT_AT), name);
    peer.next = this.byHash.get(hash);
    this.byHash.set(hash, peer);
    this.count += 1;
    return peer;
  }

  private hashOf(words: Int32Array, index: number): number {
    let hash = 0;
    for (let i = 0; i < this.layout.words; i += 1) hash = (Math.imul(hash, 31) + words[index + i]!) | 0;
    return hash;
  }

  private addressIn(name: Int32Array): string {
    const view = new DataView(name.buffer, this.layout.addressAt);
    if (this.version === 4) return [0, 1, 2, 3].map((i) => view.getUint8(i)).join('.');
    const groups = [0, 2, 4, 6, 8, 10, 12, 14].map((i) => view.getUint16(i).toString(16));
    return IPV6.canonical(groups.join(':'))!;
  }
}
