/**
 * What precedes each packet of a TUN device with IFF_VNET_HDR, in the byte order of the machine. [virtio 1.3 §5.1.6, linux/virtio_net.h]
 *
 *   0 flags   1 kind   2 length of all headers (2)   4 content of each packet (2)   6 where the checksum begins (2)
 *   8 where it stands from there (2)   10
 */
export const VIRTIO_HEADER = 10;

/** The checksum of the segment holds the sum of its pseudo header only. */
export const NEEDS_CHECKSUM = 1;

/** What is to be cut into several packets; 0: nothing. */
export const VirtioKind = { none: 0, tcp4: 1, tcp6: 4, udp: 5 } as const;
/** Flag of the kind: the first packet has CWR. */
export const VIRTIO_ECN = 0x80;

export function writeVirtioHeader(
  view: DataView,
  kind: number,
  headers: number,
  content: number,
  checksumFrom: number,
  checksumPlace: number,
): void {
  view.setUint8(0, NEEDS_CHECKSUM);
  view.setUint8(1, kind);
  view.setUint16(2, headers, true);
  view.setUint16(4, content, true);
  view.setUint16(6, checksumFrom, true);
  view.setUint16(8, checksumPlace, true);
}
