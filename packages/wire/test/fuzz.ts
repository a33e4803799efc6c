import { randomInt } from 'node:crypto';
import { toHex } from '@ouroboros/model';
import {
  addressFromBytes,
  addressToBytes,
  decodeBroadcastNeighbors,
  decodeCep,
  decodeDht,
  decodeEnrollAck,
  decodeEnrollRequest,
  decodeEnrollResponse,
  decodeEthMgmt,
  decodeFa,
  decodeLsa,
  decodeOap,
  decodeOapExtension,
  decodePeerExtension,
  decodeUdpMgmt,
  encodeBroadcastNeighbors,
  encodeCep,
  encodeDht,
  encodeEnrollAck,
  encodeEnrollRequest,
  encodeEnrollResponse,
  encodeEthMgmt,
  encodeFa,
  encodeLsa,
  encodeOap,
  encodeOapExtension,
  encodePeerExtension,
  encodeUdpMgmt,
  ETH_DIX,
  ETH_DIX_ETHERTYPE,
  ETH_LLC,
  printBroadcastPdu,
  printCep,
  printDht,
  printDtPdu,
  printEnrollAck,
  printEnrollRequest,
  printEnrollResponse,
  printEthFrame,
  printFa,
  printLsa,
  printOap,
  printUdpFrame,
  type Decoded,
  type EthFraming,
  type EthMgmt,
} from '../src/index.js';
import { SAMPLES } from './samples.js';

/** Inputs per decoder in the normal and in the long spec. */
export const FUZZ_INPUTS = { normal: 20_000, long: 1_000_000 } as const;

/** Longest line that a printer may give. */
const MAX_LINE = 1024;
/** One input in so many is printed too. */
const PRINT_EVERY = 4;

type Bytes = Uint8Array;
type Next = (below: number) => number;

interface Target {
  readonly samples: readonly Bytes[];
  /** Decodes, and encodes again what was accepted; the result decodes to the same, or undefined when refused. */
  readonly roundTrip: (bytes: Bytes) => unknown;
  readonly print: (bytes: Bytes) => string;
}

/** Decodes; what is accepted is encoded and decoded again, and must then encode to the same bytes. */
function roundTrip<T, E extends T>(
  decode: (bytes: Bytes) => Decoded<T>,
  encode: (value: E) => Bytes,
  known: (value: T) => value is E,
): (bytes: Bytes) => unknown {
  return (bytes) => {
    const first = decode(bytes);
    if (!first.ok || !known(first.value)) return first;
    const canonical = encode(first.value);
    const second = decode(canonical);
    if (!second.ok || !known(second.value)) throw new Error('refuses its own encoding');
    if (toHex(encode(second.value)) !== toHex(canonical)) throw new Error('encoding is not stable');
    return first;
  };
}

const every = <T>(_value: T): _value is T => true;
const notUnknown = <T extends { readonly kind: string }, K extends T>(value: T): value is K => value.kind !== 'unknown';
const noLine = (): string => '';
const HASH = 32;

const target = (samples: readonly Bytes[], trip: Target['roundTrip'], print: Target['print'] = noLine): Target => ({
  samples,
  roundTrip: trip,
  print,
});

const oapTarget = (samples: readonly Bytes[], hashLength: number): Target =>
  target(
    samples,
    roundTrip((bytes) => decodeOap(bytes, hashLength), encodeOap, every),
    (bytes) => printOap(bytes, hashLength),
  );

/** The payload is what is changed; it is printed in a frame around it. */
const ethTarget = (framing: EthFraming, samples: readonly Bytes[]): Target =>
  target(
    samples,
    roundTrip(
      (bytes) => decodeEthMgmt(framing, HASH, bytes),
      (value: EthMgmt) => encodeEthMgmt(framing, value),
      notUnknown,
    ),
    (bytes) => {
      const frame = new Uint8Array(framing.headerLength + bytes.length);
      framing.write(frame, ETH_DIX_ETHERTYPE, 0, 0, bytes.length);
      frame.set(bytes, framing.headerLength);
      return printEthFrame(framing, frame, HASH);
    },
  );

export const FUZZ_TARGETS: Readonly<Record<string, Target>> = {
  'UDP frames': target(SAMPLES.udp, roundTrip(decodeUdpMgmt, encodeUdpMgmt, notUnknown), printUdpFrame),
  'management messages of DIX': ethTarget(ETH_DIX, SAMPLES.ethDix),
  'management messages of LLC': ethTarget(ETH_LLC, SAMPLES.ethLlc),
  'DT PDUs': target(SAMPLES.dt, printDtPdu, printDtPdu),
  'broadcast PDUs': target(SAMPLES.broadcast, printBroadcastPdu, printBroadcastPdu),
  'broadcast neighbors': target(
    SAMPLES.broadcastNeighbors,
    roundTrip(decodeBroadcastNeighbors, encodeBroadcastNeighbors, every),
    printBroadcastPdu,
  ),
  'FA messages': target(
    SAMPLES.fa,
    roundTrip((bytes) => decodeFa(bytes, HASH), encodeFa, notUnknown),
    (bytes) => printFa(bytes, HASH),
  ),
  'link-state announcements': target(SAMPLES.lsa, roundTrip(decodeLsa, encodeLsa, every), printLsa),
  'OAP requests': oapTarget(SAMPLES.oapRequest, 0),
  'OAP responses': oapTarget(SAMPLES.oapResponse, 48),
  'OAP extensions': target(SAMPLES.oapExtension, roundTrip(decodeOapExtension, encodeOapExtension, every)),
  'OCEP messages': target(SAMPLES.cep, roundTrip(decodeCep, encodeCep, every), printCep),
  'enrollment requests': target(
    SAMPLES.enrollRequest,
    roundTrip(decodeEnrollRequest, encodeEnrollRequest, every),
    printEnrollRequest,
  ),
  'enrollment responses': target(
    SAMPLES.enrollResponse,
    roundTrip(decodeEnrollResponse, encodeEnrollResponse, every),
    printEnrollResponse,
  ),
  'enrollment acks': target(SAMPLES.enrollAck, roundTrip(decodeEnrollAck, encodeEnrollAck, every), printEnrollAck),
  'directory messages': target(
    SAMPLES.dht,
    roundTrip((bytes) => decodeDht(bytes, HASH), encodeDht, every),
    (bytes) => printDht(bytes, HASH),
  ),
  'peer extensions': target(SAMPLES.peerExtension, roundTrip(decodePeerExtension, encodePeerExtension, every)),
  'directory values': target(SAMPLES.addressBytes, roundTrip(addressFromBytes, addressToBytes, every)),
};

/** A small seeded generator (mulberry32). */
function generator(seed: number): Next {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0x08, 0x0a, 0x12] as const;

/** Each changes the bytes in place. */
const MUTATIONS: readonly ((bytes: number[], next: Next) => unknown)[] = [
  (bytes, next) => bytes.length > 0 && (bytes[next(bytes.length)]! ^= 1 << next(8)),
  (bytes, next) => bytes.length > 0 && (bytes[next(bytes.length)] = EDGES[next(EDGES.length)]!),
  (bytes, next) => bytes.length > 0 && (bytes[next(bytes.length)] = next(256)),
  (bytes, next) => bytes.splice(next(bytes.length + 1)),
  (bytes, next) => bytes.splice(next(bytes.length + 1), next(8)),
  (bytes, next) => bytes.splice(next(bytes.length + 1), 0, ...Array.from({ length: next(40) }, () => next(256))),
  (bytes, next) => {
    const from = next(bytes.length + 1);
    bytes.splice(next(bytes.length + 1), 0, ...bytes.slice(from, from + next(40)));
  },
];

function makeInput(samples: readonly Bytes[], next: Next): Bytes {
  if (next(50) === 0) return Uint8Array.from({ length: next(300) }, () => next(256));
  const bytes = Array.from(samples[next(samples.length)]!);
  for (let times = 1 + next(3); times > 0; times -= 1) MUTATIONS[next(MUTATIONS.length)]!(bytes, next);
  return Uint8Array.from(bytes);
}

/** Bytes, characters and entries that a decoded value holds. */
function weight(value: unknown): number {
  if (value instanceof Uint8Array || typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, one) => sum + 1 + weight(one), 0);
}

function check(one: Target, input: Bytes, printed: boolean): void {
  const result = one.roundTrip(input);
  if (weight(result) > 2 * input.length + 128) throw new Error('result is larger than its input explains');
  if (printed && one.print(input).length > MAX_LINE) throw new Error('line too long');
}

/** The seed of this run: FUZZ_SEED, else random. */
const runSeed = (): number => Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

/** Runs one target; the error of a failing input names seed, number and bytes. */
export function fuzz(name: string, inputs: number): void {
  const one = FUZZ_TARGETS[name]!;
  const seed = runSeed();
  const next = generator(seed);
  for (let i = 0; i < inputs; i += 1) {
    const input = makeInput(one.samples, next);
    try {
      check(one, input, i % PRINT_EVERY === 0);
    } catch (cause) {
      throw new Error(`FUZZ_SEED=${seed}, ${name}, input ${i}: ${toHex(input)}: ${String(cause)}`, { cause });
    }
  }
}
