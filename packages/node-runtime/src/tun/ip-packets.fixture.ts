/** IP packets for the specs of this folder, made the slow way; no tests here. */
import { PacketSplitter } from './packet-splitter.js';
import { NEEDS_CHECKSUM, VIRTIO_HEADER } from './virtio-header.js';

export interface PacketPlan {
  readonly version: 4 | 6;
  readonly protocol: 'tcp' | 'udp';
  readonly content: Uint8Array;
  readonly trafficClass: number;
  readonly hopLimit: number;
  /** Of IPv4. */
  readonly id: number;
  /** Flags and offset of IPv4. */
  readonly fragment: number;
  readonly flowLabel: number;
  readonly sourcePort: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly flags: number;
  readonly window: number;
  /** Of TCP, a multiple of 4 bytes. */
  readonly options: readonly number[];
}

export const PLAIN: PacketPlan = {
  version: 4,
  protocol: 'tcp',
  content: new Uint8Array(0),
  trafficClass: 0,
  hopLimit: 64,
  id: 7,
  fragment: 0x4000,
  flowLabel: 5,
  sourcePort: 4711,
  sequence: 0xffff_fff0,
  acknowledged: 1,
  flags: 0x10,
  window: 512,
  options: [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2],
};

const ADDRESSES = {
  4: [10, 9, 0, 1, 10, 9, 0, 2],
  6: Array.from({ length: 32 }, (_, i) => (i * 37 + 253) & 255),
} as const;

export const bytesOf = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7 + seed);

const two = (value: number): number[] => [(value >> 8) & 255, value & 255];
const four = (value: number): number[] => [...two(value >>> 16), ...two(value)];

/** Sum of big-endian words, in 16 bits. */
function sum(bytes: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < bytes.length; i += 2) total += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (total > 0xffff) total = (total % 65_536) + Math.floor(total / 65_536);
  return total;
}

/** Where the checksum of the segment stands in it. */
export const placeOf = ({ protocol }: PacketPlan): number => (protocol === 'tcp' ? 16 : 6);

export const ipHeaderOf = ({ version }: PacketPlan): number => (version === 4 ? 20 : 40);

export const headersOf = (plan: PacketPlan): number =>
  ipHeaderOf(plan) + (plan.protocol === 'tcp' ? 20 + plan.options.length : 8);

function segment(plan: PacketPlan, partial: boolean): number[] {
  const { protocol, content, version, sourcePort } = plan;
  const length = headersOf(plan) - ipHeaderOf(plan) + content.length;
  const ports = [...two(sourcePort), ...two(443)];
  const head =
    protocol === 'tcp'
      ? [
          ...ports,
          ...four(plan.sequence),
          ...four(plan.acknowledged),
          (5 + plan.options.length / 4) << 4,
          plan.flags,
          ...two(plan.window),
          0,
          0,
          0,
          0,
          ...plan.options,
        ]
      : [...ports, ...two(length), 0, 0];
  const pseudo = sum([...ADDRESSES[version], ...four(length), ...two(protocol === 'tcp' ? 6 : 17)]);
  const whole = [...head, ...content];
  const checksum = partial ? pseudo : 0xffff - sum([...whole, ...(whole.length % 2 ? [0] : []), ...two(pseudo)]);
  whole.splice(placeOf(plan), 2, ...two(checksum === 0 ? 0xffff : checksum));
  return whole;
}

/** `partial`: the checksum of the segment is the sum of its pseudo header alone. */
export function build(plan: PacketPlan, partial = false): Uint8Array {
  const { version, trafficClass, hopLimit, protocol } = plan;
  const body = segment(plan, partial);
  const number = protocol === 'tcp' ? 6 : 17;
  if (version === 6) {
    const first = 0x6000_0000 + trafficClass * 0x10_0000 + plan.flowLabel;
    return Uint8Array.from([...four(first), ...two(body.length), number, hopLimit, ...ADDRESSES[6], ...body]);
  }
  const before = [
    0x45,
    trafficClass,
    ...two(20 + body.length),
    ...two(plan.id),
    ...two(plan.fragment),
    hopLimit,
    number,
  ];
  const checksum = 0xffff - sum([...before, 0, 0, ...ADDRESSES[4]]);
  return Uint8Array.from([...before, ...two(checksum), ...ADDRESSES[4], ...body]);
}

/** The plans of the packets that stand for one plan with a long content. */
export function cut(plan: PacketPlan, size: number): PacketPlan[] {
  const count = Math.ceil(plan.content.length / size);
  return Array.from({ length: count }, (_, i) => ({
    ...plan,
    id: (plan.id + i) & 0xffff,
    sequence: (plan.sequence + i * size) >>> 0,
    flags: plan.flags & (i === 0 ? 0xff : 0x7f) & (i === count - 1 ? 0xff : 0xf6),
    content: plan.content.slice(i * size, (i + 1) * size),
  }));
}

/** With a virtio header, as the host hands it over. `kind` 0: one packet without its checksum. */
export function handedOver(plan: PacketPlan, kind: number, size: number): Uint8Array {
  const packet = build(plan, true);
  const header = new Uint8Array(VIRTIO_HEADER);
  const view = new DataView(header.buffer);
  header.set([NEEDS_CHECKSUM, kind]);
  view.setUint16(2, headersOf(plan), true);
  view.setUint16(4, size, true);
  view.setUint16(6, ipHeaderOf(plan), true);
  view.setUint16(8, placeOf(plan), true);
  return Uint8Array.from([...header, ...packet]);
}

export const kindOf = ({ version, protocol }: PacketPlan): number => (protocol === 'udp' ? 5 : version === 4 ? 1 : 4);

/** To be compared: many times faster than arrays. */
export const texts = (packets: readonly Uint8Array[]): string[] =>
  packets.map((packet) => Buffer.from(packet).toString('hex'));

/** The packets that the splitter makes. */
export function splitAll(read: Uint8Array, splitter = new PacketSplitter()): Uint8Array[] {
  splitter.bytes.set(read);
  splitter.take(read.length);
  const packets: Uint8Array[] = [];
  while (splitter.next()) packets.push(splitter.bytes.slice(splitter.offset, splitter.offset + splitter.length));
  return packets;
}
