/**
 * A reader of classic little-endian pcap files with Ethernet frames, for specs only.
 *
 *   file:   0 magic d4 c3 b2 a1 │ 4 … │ 20 link type │ 24 records …
 *   record: 0 seconds │ 4 microseconds │ 8 captured length │ 12 original length │ 16 frame …
 */
export interface UdpDatagram {
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly payload: Uint8Array;
}

const LINK_ETHERNET = 1;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;
const IP_AT = 14;

/** The frames of a file. Throws for a file of another form, and for frames that were cut when captured. */
export function readPcap(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== 0xa1b2c3d4 || view.getUint32(20, true) !== LINK_ETHERNET)
    throw new Error('not a pcap');
  const frames: Uint8Array[] = [];
  for (let at = 24; at < file.length;) {
    const length = view.getUint32(at + 8, true);
    if (length !== view.getUint32(at + 12, true)) throw new Error('cut frame');
    frames.push(file.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return frames;
}

/** The UDP datagram in an Ethernet frame; undefined when it carries something else. */
export function udpDatagram(frame: Uint8Array): UdpDatagram | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint16(12) !== ETHERTYPE_IPV4 || view.getUint8(IP_AT + 9) !== PROTOCOL_UDP) return undefined;
  const udpAt = IP_AT + (view.getUint8(IP_AT) & 0x0f) * 4;
  return {
    from: frame.subarray(IP_AT + 12, IP_AT + 16).join('.'),
    to: frame.subarray(IP_AT + 16, IP_AT + 20).join('.'),
    fromPort: view.getUint16(udpAt),
    toPort: view.getUint16(udpAt + 2),
    payload: frame.subarray(udpAt + 8, udpAt + view.getUint16(udpAt + 4)),
  };
}
