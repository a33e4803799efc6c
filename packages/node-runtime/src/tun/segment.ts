import { fold, pseudoHeaderSum, sumOf } from './internet-checksum.js';
import { IPV4_HEADER, IPV6_HEADER, TCP, TCP_HEADER, TcpFlag, UDP, UDP_HEADER, segmentHeader } from './ip-layout.js';

/** What the host can take several of in one. */
export interface Mergeable {
  readonly tcp: boolean;
  readonly udp: boolean;
}

/**
 * A TCP segment or UDP datagram with content in an IP packet, which may be merged with others: no options of IP, no fragment, no flags of TCP
 * but ACK and PSH, and right checksums, as nobody verifies those after merging.
 */
export class Segment {
  at = 0;
  version: 4 | 6 = 4;
  protocol = 0;
  ipHeader = 0;
  /** Length of all headers, and of what follows them. */
  headers = 0;
  content = 0;
  push = false;

  constructor(
    private readonly view: DataView,
    private readonly mergeable: Mergeable,
  ) {}

  /** Looks at the packet `[at … at+length)`; false when it must stay alone. */
  read(at: number, length: number): boolean {
    const { view } = this;
    this.at = at;
    this.push = false;
    const ip = view.getUint8(at) >> 4 === 4 ? this.readIpv4(length) : this.readIpv6(length);
    if (!ip || !(this.protocol === TCP ? this.mergeable.tcp : this.protocol === UDP && this.mergeable.udp))
      return false;
    const least = this.protocol === TCP ? TCP_HEADER : UDP_HEADER;
    if (this.ipHeader + least >= length) return false;
    const header = segmentHeader(view, at + this.ipHeader, this.protocol);
    this.headers = this.ipHeader + header;
    this.content = length - this.headers;
    return header >= least && this.content > 0 && this.isPlain(length) && this.isRight(length);
  }

  /** Where its content begins. */
  get contentAt(): number {
    return this.at + this.headers;
  }

  get id(): number {
    return this.version === 4 ? this.view.getUint16(this.at + 4) : 0;
  }

  /** The number of its first byte in TCP. */
  get sequence(): number {
    return this.protocol === TCP ? this.view.getInt32(this.at + this.ipHeader + 4) : 0;
  }

  /** Headers alike but for what is different from packet to packet of one sender, and is verified elsewhere. */
  isLike(other: Segment): boolean {
    const { version, protocol, ipHeader, headers } = this;
    if (version !== other.version || protocol !== other.protocol || headers !== other.headers) return false;
    const ip =
      version === 4
        ? this.same(other, 0, 2) && this.same(other, 6, 10) && this.same(other, 12, ipHeader + 4)
        : this.same(other, 0, 4) && this.same(other, 6, ipHeader + 4);
    if (!ip || protocol !== TCP) return ip;
    return (
      this.same(other, ipHeader + 8, ipHeader + 13) &&
      this.same(other, ipHeader + 14, ipHeader + 16) &&
      this.same(other, ipHeader + 18, headers)
    );
  }

  private same(other: Segment, from: number, to: number): boolean {
    const { view, at } = this;
    let i = from;
    for (; i + 4 <= to; i += 4) if (view.getInt32(at + i) !== view.getInt32(other.at + i)) return false;
    for (; i < to; i += 1) if (view.getUint8(at + i) !== view.getUint8(other.at + i)) return false;
    return true;
  }

  private readIpv4(length: number): boolean {
    const { view, at } = this;
    this.version = 4;
    this.ipHeader = IPV4_HEADER;
    if (length < IPV4_HEADER || view.getUint8(at) !== 0x45 || view.getUint16(at + 2) !== length) return false;
    this.protocol = view.getUint8(at + 9);
    const isFragment = (view.getUint16(at + 6) & MORE_OR_OFFSET) !== 0;
    return !isFragment && sumOf(view, at, at + IPV4_HEADER) === RIGHT;
  }

  private readIpv6(length: number): boolean {
    const { view, at } = this;
    this.version = 6;
    this.ipHeader = IPV6_HEADER;
    if (length < IPV6_HEADER || view.getUint8(at) >> 4 !== 6) return false;
    this.protocol = view.getUint8(at + 6);
    return view.getUint16(at + 4) === length - IPV6_HEADER;
  }

  private isPlain(length: number): boolean {
    const { view, at, ipHeader, protocol } = this;
    const segment = at + ipHeader;
    if (protocol === UDP) return view.getUint16(segment + 4) === length - ipHeader && view.getUint16(segment + 6) !== 0;
    const flags = view.getUint8(segment + 13);
    this.push = (flags & TcpFlag.PSH) !== 0;
    return (flags & ~TcpFlag.PSH) === TcpFlag.ACK;
  }

  private isRight(length: number): boolean {
    const { view, at, ipHeader, version, protocol } = this;
    const pseudo = pseudoHeaderSum(view, at, version, protocol, length - ipHeader);
    return fold(pseudo + sumOf(view, at + ipHeader, at + length)) === RIGHT;
  }
}

/** Sum of what has its own checksum in it. */
const RIGHT = 0xffff;
const MORE_OR_OFFSET = 0x3fff;
