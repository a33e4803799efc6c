/**
 * What is read from the headers of IP packets. [RFC 791 §3.1, RFC 8200 §3]
 *
 *   IPv4:  0 version, header length   9 protocol      12 source (4)   16 destination (4)   20
 *   IPv6:  0 version                  6 next header    8 source (16)  24 destination (16)  40
 */
const HEADER = { 4: 20, 6: 40 } as const;
/** No next header: the packet ends with this one. [RFC 8200 §4.7] */
const NOTHING = 59;

/** Where an address begins, and how long it is. */
export interface AddressPlace {
  readonly at: number;
  readonly bytes: number;
}

const SOURCE: Readonly<Record<4 | 6, AddressPlace>> = { 4: { at: 12, bytes: 4 }, 6: { at: 8, bytes: 16 } };
const DESTINATION: Readonly<Record<4 | 6, AddressPlace>> = { 4: { at: 16, bytes: 4 }, 6: { at: 24, bytes: 16 } };

/** Of the packet at `offset`; undefined when it is no IP packet. */
export function ipVersion(packet: Uint8Array, offset: number, length: number): 4 | 6 | undefined {
  const version = packet[offset]! >> 4;
  if (version !== 4 && version !== 6) return undefined;
  return length >= HEADER[version] ? version : undefined;
}

export const sourceOf = (version: 4 | 6): AddressPlace => SOURCE[version];
export const destinationOf = (version: 4 | 6): AddressPlace => DESTINATION[version];

/** True for an address of one host: no group, no broadcast, not the unspecified one. */
export function isOneHost(packet: Uint8Array, offset: number, { at, bytes }: AddressPlace): boolean {
  const from = offset + at;
  const first = packet[from]!;
  if (bytes === 4 ? first >= 224 : first === 0xff) return false;
  for (let i = 0; i < bytes; i += 1) if (packet[from + i] !== 0) return true;
  return false;
}

/**
 * A packet without content from an address to itself, that no router passes on: it says to a server of ours whose address this
 * is. Any other host drops it.
 */
export function announcement(version: 4 | 6, address: Uint8Array): Uint8Array {
  const packet = new Uint8Array(HEADER[version]);
  packet.set(address, SOURCE[version].at);
  packet.set(address, DESTINATION[version].at);
  if (version === 6) {
    packet.set([0x60, 0, 0, 0, 0, 0, NOTHING, 1]);
    return packet;
  }
  packet.set([0x45, 0, 0, HEADER[4], 0, 0, 0, 0, 1, NOTHING]);
  const sum = checksum(packet);
  packet.set([sum >> 8, sum & 255], 10);
  return packet;
}

export const isAnnouncement = (packet: Uint8Array, offset: number, version: 4 | 6, length: number): boolean =>
  length === HEADER[version] && packet[offset + (version === 4 ? 9 : 6)] === NOTHING;

/** Of a header of IPv4. */
function checksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += (header[i]! << 8) | header[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
