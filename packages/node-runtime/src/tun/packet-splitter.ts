import { pseudoHeaderSum } from './internet-checksum.js';
import {
  IPV4_HEADER,
  IPV6_HEADER,
  TCP,
  TCP_HEADER,
  TcpFlag,
  UDP,
  UDP_HEADER,
  checksumPlace,
  completeChecksum,
  segmentHeader,
  setPacketLength,
} from './ip-layout.js';
import { NEEDS_CHECKSUM, VIRTIO_ECN, VIRTIO_HEADER, VirtioKind } from './virtio-header.js';

/** Longest packet that the host hands over, to be split or not. */
const MAX_PACKET = 65_536;

/**
 * Makes packets for the cable of what the host hands over: one with a virtio header, whose checksum may be wanting, and which may stand for
 * several TCP segments or UDP datagrams. These are made one after the other, where they lie: the headers move on to the content of
 * the next one. [as the kernel does: Documentation/networking/segmentation-offloads.rst]
 */
export class PacketSplitter {
  /** What was read goes here, the virtio header first. */
  readonly bytes = new Uint8Array(VIRTIO_HEADER + MAX_PACKET);
  /** The packet at hand, after `next`. */
  offset = 0;
  length = 0;
  private readonly view = new DataView(this.bytes.buffer);
  /** End of what was read; 0: there is nothing more. */
  private end = 0;
  /** Content of each packet; 0: there is one packet. */
  private content = 0;
  private version: 4 | 6 = 4;
  private protocol = 0;
  private ipHeader = 0;
  private headers = 0;
  private tcpFlags = 0;

  /** `length` bytes were read into `bytes`. What cannot be understood has no packets. */
  take(length: number): void {
    this.offset = 0;
    this.end = length > VIRTIO_HEADER && this.understands(length) ? length : 0;
  }

  /** Goes to the next packet; false when there is none. `bytes` around it are as they may be. */
  next(): boolean {
    if (this.end === 0) return false;
    if (this.content === 0) return this.only();
    const { offset, headers, end, bytes } = this;
    if (offset === 0) this.offset = VIRTIO_HEADER;
    else {
      this.offset = offset + this.content;
      bytes.copyWithin(this.offset, offset, offset + headers);
      this.advance();
    }
    this.length = Math.min(headers + this.content, end - this.offset);
    const last = this.offset + this.length === end;
    this.complete(last);
    if (last) this.end = 0;
    return true;
  }

  private only(): true {
    this.offset = VIRTIO_HEADER;
    this.length = this.end - VIRTIO_HEADER;
    this.end = 0;
    return true;
  }

  private understands(length: number): boolean {
    const { view } = this;
    const kind = view.getUint8(1) & ~VIRTIO_ECN;
    const checksumFrom = view.getUint16(6, true);
    this.content = 0;
    if ((view.getUint8(0) & NEEDS_CHECKSUM) === 0) return kind === VirtioKind.none;
    if (kind !== VirtioKind.none) return this.understandsSeveral(kind, checksumFrom, length);
    const place = view.getUint16(8, true);
    const from = VIRTIO_HEADER + checksumFrom;
    if (from + place + 2 > length) return false;
    completeChecksum(view, from, length, place);
    return true;
  }

  private understandsSeveral(kind: number, ipHeader: number, length: number): boolean {
    const { view } = this;
    const content = view.getUint16(4, true);
    this.version = view.getUint8(VIRTIO_HEADER) >> 4 === 6 ? 6 : 4;
    this.protocol = kind === VirtioKind.udp ? UDP : TCP;
    this.ipHeader = ipHeader;
    const least = this.protocol === TCP ? TCP_HEADER : UDP_HEADER;
    const segment = VIRTIO_HEADER + ipHeader;
    if (ipHeader < (this.version === 4 ? IPV4_HEADER : IPV6_HEADER) || segment + least > length) return false;
    this.headers = ipHeader + segmentHeader(view, segment, this.protocol);
    this.tcpFlags = view.getUint8(segment + 13);
    this.content = content;
    return content > 0 && this.headers >= ipHeader + least && VIRTIO_HEADER + this.headers < length;
  }

  /** What differs from packet to packet. */
  private advance(): void {
    const { view, offset, ipHeader } = this;
    if (this.version === 4) view.setUint16(offset + 4, view.getUint16(offset + 4) + 1);
    if (this.protocol !== TCP) return;
    const sequence = offset + ipHeader + 4;
    view.setInt32(sequence, view.getInt32(sequence) + this.content);
    this.tcpFlags &= ~TcpFlag.CWR;
  }

  private complete(last: boolean): void {
    const { view, offset, length, version, protocol, ipHeader } = this;
    const segment = offset + ipHeader;
    setPacketLength(view, offset, version, ipHeader, length);
    if (protocol === TCP) view.setUint8(segment + 13, last ? this.tcpFlags : this.tcpFlags & ~LAST_ONLY);
    else view.setUint16(segment + 4, length - ipHeader);
    const place = checksumPlace(protocol);
    view.setUint16(segment + place, pseudoHeaderSum(view, offset, version, protocol, length - ipHeader));
    completeChecksum(view, segment, offset + length, place);
  }
}

/** They speak of the end of the content. */
const LAST_ONLY = TcpFlag.FIN | TcpFlag.PSH;
