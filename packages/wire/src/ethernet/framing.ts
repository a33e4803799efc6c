/**
 * The two ways in which Ethernet shims frame packets: with an ethertype (DIX), and with the SAPs of IEEE 802.2 (LLC). All
 * big-endian. [spec/wire-shims.md §3, §4]
 *
 *   both:   0 destination MAC (6) │ 6 source MAC (6)
 *   DIX:   12 ethertype (2) │ 14 EID of the receiver (2) │ 16 length of the payload (2) │ 18 payload … │ padding
 *   LLC:   12 length (2) = 3 + that of the payload │ 14 SAP of the receiver │ 15 SAP of the sender │ 16 control = 3 │ 17 payload … │ padding
 *
 * Both are read and written in the same terms here: an EID is a SAP number in LLC, and EID 0 means management, for which LLC
 * has SAP 1 on both sides. On the wire SAP numbers are bit-reversed. The functions are views for the packet path.
 */
export interface EthFraming {
  readonly name: 'DIX' | 'LLC';
  /** Bytes before the payload. */
  readonly headerLength: number;
  /** Longest MTU that a layer uses, whatever the device has. */
  readonly maxMtu: number;
  /** Own EIDs are `first` … `end` − 1, those of peers at most `maxRemote`. */
  readonly eids: { readonly first: number; readonly end: number; readonly maxRemote: number };
  /** Writes what stands between the MACs and the payload. `sender` is not on the wire in DIX. */
  write(buffer: Uint8Array, ethertype: number, receiver: number, sender: number, length: number): void;
  /** Length of the payload of a frame with `length` bytes, or an EthVerdict when it is none of this layer's. */
  payloadLength(buffer: Uint8Array, offset: number, length: number, ethertype: number): number;
  /** EID of the receiver, 0 = management. The frame has been accepted by `payloadLength`. */
  receiver(buffer: Uint8Array, offset: number): number;
  /** EID of the sender; 0 in DIX, which does not tell. */
  sender(buffer: Uint8Array, offset: number): number;
}

/** What is wrong with a frame: of another protocol, shorter than a header, or its length field says more than there is. */
export const EthVerdict = { foreign: -1, runt: -2, malformed: -3 } as const;

/** Bytes of both MACs and of ethertype or length; the MTU counts those behind them. */
export const ETH_HEADER = 14;
/** Shortest frame on Ethernet, without its checksum. */
export const ETH_MIN_FRAME = 60;
/** [spec/wire-shims.md §3.1] */
export const ETH_DIX_ETHERTYPE = 0xa000;
export const ETH_ETHERTYPE_RANGE = { min: 0x0600, max: 0xfffe } as const;

/** Where a value of the type field begins to be an ethertype. [IEEE 802.3 §3.2.6] */
const FIRST_ETHERTYPE = 0x0600;
const MAX_FRAME = 65_535;

export const ETH_DIX: EthFraming = {
  name: 'DIX',
  headerLength: ETH_HEADER + 4,
  maxMtu: MAX_FRAME,
  eids: { first: 64, end: 4096, maxRemote: 0xffff },
  write(buffer, ethertype, receiver, _sender, length) {
    putU16(buffer, 12, ethertype);
    putU16(buffer, 14, receiver);
    putU16(buffer, 16, length);
  },
  payloadLength(buffer, offset, length, ethertype) {
    if (length < ETH_HEADER + 4) return EthVerdict.runt;
    if (u16(buffer, offset + 12) !== ethertype) return EthVerdict.foreign;
    const payload = u16(buffer, offset + 16);
    return payload <= length - ETH_HEADER - 4 ? payload : EthVerdict.malformed;
  },
  receiver: (buffer, offset) => u16(buffer, offset + 14),
  sender: () => 0,
};

const LLC_HEADER = 3;
const LLC_UNNUMBERED = 0x03;
const MGMT_SAP = 1;
/** SAP numbers of 64 and above would set bits that mean something else on the wire. */
const END_SAP = 64;

export const ETH_LLC: EthFraming = {
  name: 'LLC',
  headerLength: ETH_HEADER + LLC_HEADER,
  maxMtu: 1_500,
  eids: { first: 2, end: END_SAP, maxRemote: END_SAP - 1 },
  write(buffer, _ethertype, receiver, sender, length) {
    putU16(buffer, 12, LLC_HEADER + length);
    buffer[14] = reversed(receiver === 0 ? MGMT_SAP : receiver);
    buffer[15] = reversed(receiver === 0 ? MGMT_SAP : sender);
    buffer[16] = LLC_UNNUMBERED;
  },
  payloadLength(buffer, offset, length) {
    if (length < ETH_HEADER + LLC_HEADER) return EthVerdict.runt;
    const total = u16(buffer, offset + 12);
    if (total >= FIRST_ETHERTYPE || buffer[offset + 16] !== LLC_UNNUMBERED) return EthVerdict.foreign;
    return total >= LLC_HEADER && total <= length - ETH_HEADER ? total - LLC_HEADER : EthVerdict.malformed;
  },
  receiver(buffer, offset) {
    const receiver = reversed(buffer[offset + 14]!);
    const sender = reversed(buffer[offset + 15]!);
    return receiver === MGMT_SAP && sender === MGMT_SAP ? 0 : receiver;
  },
  sender: (buffer, offset) => reversed(buffer[offset + 15]!),
};

/** The byte with its bits in reverse order. */
function reversed(byte: number): number {
  let bits = ((byte & 0x55) << 1) | ((byte >>> 1) & 0x55);
  bits = ((bits & 0x33) << 2) | ((bits >>> 2) & 0x33);
  return ((bits & 0x0f) << 4) | ((bits >>> 4) & 0x0f);
}

const u16 = (buffer: Uint8Array, at: number): number => (buffer[at]! << 8) | buffer[at + 1]!;

function putU16(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >>> 8;
  buffer[at + 1] = value;
}
