/**
 * Where the headers of IP, TCP and UDP have what splitting and merging change. [RFC 791 §3.1, RFC 8200 §3, RFC 9293 §3.1, RFC 768]
 *
 *   IPv4:  0 version, header length   2 total length (2)   4 id (2)   6 flags, fragment (2)   9 protocol   10 checksum (2)   12 addresses   20
 *   IPv6:  0 version                  4 payload length (2)            6 next header                        8 addresses              40
 *   TCP:   0 ports   4 sequence number (4)   12 header length   13 flags   16 checksum (2)   20
 *   UDP:   0 ports   4 length (2)   6 checksum (2)   8
 */
import { fold, sumOf } from './internet-checksum.js';

export const IPV4_HEADER = 20;
export const IPV6_HEADER = 40;
export const TCP = 6;
export const UDP = 17;
export const TCP_HEADER = 20;
export const UDP_HEADER = 8;

export const TcpFlag = { FIN: 0x01, PSH: 0x08, ACK: 0x10, CWR: 0x80 } as const;

/** Where a segment has its checksum. */
export const checksumPlace = (protocol: number): number => (protocol === TCP ? 16 : 6);

/** Length of the header of a segment. */
export const segmentHeader = (view: DataView, at: number, protocol: number): number =>
  protocol === TCP ? (view.getUint8(at + 12) >> 4) * 4 : UDP_HEADER;

/** Writes the length of an IP packet with what depends on it. `ipHeader`: length of the IPv4 header. */
export function setPacketLength(view: DataView, at: number, version: 4 | 6, ipHeader: number, length: number): void {
  if (version === 6) return view.setUint16(at + 4, length - IPV6_HEADER);
  view.setUint16(at + 2, length);
  view.setUint16(at + 10, 0);
  view.setUint16(at + 10, ~sumOf(view, at, at + ipHeader) & 0xffff);
}

/** Completes the checksum of a segment in `[at … end)` that has the sum of its pseudo header in its place. */
export function completeChecksum(view: DataView, at: number, end: number, place: number): void {
  const checksum = ~fold(sumOf(view, at, end)) & 0xffff;
  // 0 says that there is none, in UDP; both stand for the same sum. [RFC 768]
  view.setUint16(at + place, checksum === 0 ? 0xffff : checksum);
}
