import { pseudoHeaderSum } from './internet-checksum.js';
import { TCP, TcpFlag, checksumPlace, setPacketLength } from './ip-layout.js';
import { Segment, type Mergeable } from './segment.js';
import { VIRTIO_HEADER, VirtioKind, writeVirtioHeader } from './virtio-header.js';

/** Longest IP packet, merged ones too. */
const MAX_PACKET = 65_535;
/** What the kernel cuts a UDP packet into, at most. [linux/udp.h] */
const MAX_DATAGRAMS = 64;
/** Where a packet is looked at before it is known what becomes of it. */
const CANDIDATE = VIRTIO_HEADER + MAX_PACKET + 7;

/**
 * Makes of packets from the cable what the host takes at once: successive segments of one TCP connection become one, and so do successive
 * datagrams of the same length between two UDP ports, where the host would cut it into the very same packets. The order stays; a packet that does not follow
 * from the one before begins anew.
 */
export class PacketMerger {
  /** What is to be written: a virtio header and a packet, after `finish`. */
  readonly bytes = new Uint8Array(CANDIDATE + MAX_PACKET);
  /** Packets in it, and their bytes with the virtio header. */
  packets = 0;
  length = VIRTIO_HEADER;
  private readonly view = new DataView(this.bytes.buffer);
  private merged: Segment;
  private candidate: Segment;
  /** Another one may follow. */
  private open = false;

  constructor(mergeable: Mergeable) {
    this.merged = new Segment(this.view, mergeable);
    this.candidate = new Segment(this.view, mergeable);
  }

  /** Adds a copy of a packet of at most 65,535 bytes; false when what is there must be written first. */
  add(buffer: Uint8Array, offset: number, length: number): boolean {
    const { bytes, candidate } = this;
    bytes.set(buffer.subarray(offset, offset + length), CANDIDATE);
    const mergeable = length <= MAX_PACKET / 2 && candidate.read(CANDIDATE, length);
    if (this.packets === 0) this.begin(mergeable, length);
    else if (mergeable && this.open && this.follows()) this.append();
    else return false;
    return true;
  }

  /** Writes the virtio header, and what the packet's own say of the whole. */
  finish(): void {
    if (this.packets === 1) return void this.bytes.fill(0, 0, VIRTIO_HEADER);
    const { view, merged } = this;
    const { at, version, protocol, ipHeader, headers, content, push } = merged;
    const segment = at + ipHeader;
    const length = this.length - VIRTIO_HEADER;
    setPacketLength(view, at, version, ipHeader, length);
    if (protocol !== TCP) view.setUint16(segment + 4, length - ipHeader);
    else if (push) view.setUint8(segment + 13, TcpFlag.ACK | TcpFlag.PSH);
    const place = checksumPlace(protocol);
    view.setUint16(segment + place, pseudoHeaderSum(view, at, version, protocol, length - ipHeader));
    const tcp = version === 4 ? VirtioKind.tcp4 : VirtioKind.tcp6;
    writeVirtioHeader(view, protocol === TCP ? tcp : VirtioKind.udp, headers, content, ipHeader, place);
  }

  /** What there was is written. */
  clear(): void {
    this.packets = 0;
    this.length = VIRTIO_HEADER;
  }

  private begin(mergeable: boolean, length: number): void {
    const { candidate, merged } = this;
    this.bytes.copyWithin(VIRTIO_HEADER, CANDIDATE, CANDIDATE + length);
    candidate.at = VIRTIO_HEADER;
    this.merged = candidate;
    this.candidate = merged;
    this.open = mergeable && !candidate.push;
    this.packets = 1;
    this.length = VIRTIO_HEADER + length;
  }

  private follows(): boolean {
    const { merged, candidate, packets, length } = this;
    const { content, protocol, version } = merged;
    if (candidate.content > content || length + candidate.content > VIRTIO_HEADER + MAX_PACKET) return false;
    if (version === 4 && candidate.id !== ((merged.id + packets) & 0xffff)) return false;
    const sequence = (merged.sequence + packets * content) | 0;
    const inOrder = protocol === TCP ? candidate.sequence === sequence : packets < MAX_DATAGRAMS;
    return inOrder && merged.isLike(candidate);
  }

  private append(): void {
    const { merged, candidate } = this;
    this.bytes.copyWithin(this.length, candidate.contentAt, candidate.contentAt + candidate.content);
    this.length += candidate.content;
    this.packets += 1;
    merged.push = candidate.push;
    this.open = !candidate.push && candidate.content === merged.content;
  }
}
