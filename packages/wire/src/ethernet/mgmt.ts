/**
 * Management messages of the Ethernet shims: payload of frames with EID 0. Big-endian. [spec/wire-shims.md §3.2, §4.2]
 *
 *   DIX:   0 seid (2) │ 2 deid (2) │ 4 loss │ 8 bandwidth (8) │ 16 ber │ 20 max_gap │ 24 delay │ 28 timeout │ 32 response │ 36 in_order (1)
 *         37 code (1) │ 38 availability (1) │ 39 request, name query and reply: hash │ OAP …
 *
 *   LLC:   0 ssap (1) │ 1 dsap (1) │ 2 code (1) │ 3 availability (1) │ 4 loss │ 8 bandwidth (8) │ 16 ber │ 20 max_gap │ 24 delay │ 28 timeout
 *         32 response │ 36 in_order (1) │ 37 hash │ OAP …
 *
 * seid (ssap) is always the EID of the sender of the message, also in a reply: unlike UDP. SAP numbers are as they are here,
 * not bit-reversed.
 */
import type { QosSpec } from '@ouroboros/model';
import { accepted, refused, type Decoded } from '../decoded.js';
import { fieldTable, readFields, writeFields, type Field, type FieldTable } from '../field-table.js';
import { qosOf } from '../qos-fields.js';
import type { EthFraming } from './framing.js';

/** 128 and above are ours (docs/wire-extensions.md). */
export const ETH_CODE = {
  request: 0,
  reply: 1,
  'name-query': 2,
  'name-reply': 3,
  dealloc: 128,
  inquiry: 129,
  alive: 130,
} as const;

const QOS_AND_RESPONSE = {
  loss: 'u32',
  bandwidth: 'u64',
  ber: 'u32',
  maxGap: 'u32',
  delay: 'u32',
  timeout: 'u32',
  response: 'i32',
  inOrder: 'u8',
} as const;

const DIX_TABLE = fieldTable('big-endian', {
  sEid: 'u16',
  dEid: 'u16',
  ...QOS_AND_RESPONSE,
  code: 'u8',
  availability: 'u8',
});

const LLC_TABLE = fieldTable('big-endian', {
  sEid: 'u8',
  dEid: 'u8',
  code: 'u8',
  availability: 'u8',
  ...QOS_AND_RESPONSE,
});

type EthFields = Readonly<
  Record<Exclude<keyof (typeof DIX_TABLE)['fields'], 'bandwidth'>, Field<'u8' | 'u16' | 'u32' | 'i32'>>
> &
  Readonly<Record<'bandwidth', Field<'u64'>>>;

const TABLES: Readonly<Record<EthFraming['name'], FieldTable<EthFields>>> = { DIX: DIX_TABLE, LLC: LLC_TABLE };

/** Bytes of a management message before hash and OAP. */
export const ethMgmtFixed = ({ name }: EthFraming): number => TABLES[name].length;

export interface EthFlowRequest {
  readonly kind: 'request';
  /** EID chosen by the requester. */
  readonly sEid: number;
  readonly qos: QosSpec;
  /** Hash of the destination name. */
  readonly hash: Uint8Array;
  /** Piggyback: an OAP request. */
  readonly data: Uint8Array;
}

export interface EthFlowReply {
  readonly kind: 'reply';
  /** EID chosen by the responder, who sends this. */
  readonly sEid: number;
  /** The requester's EID. */
  readonly dEid: number;
  /** 0 = accepted, else refused: a negative error number. */
  readonly response: number;
  /** Piggyback: an OAP response, or empty. */
  readonly data: Uint8Array;
}

/** Who has this name? Broadcast; answered by a `name-reply` with the same hash. */
export interface EthNameMessage {
  readonly kind: 'name-query' | 'name-reply';
  readonly hash: Uint8Array;
}

/**
 * Ours, as over UDP: the sender ended the flow; does the receiver have it; it has. Only on flows whose ends agreed on it.
 */
export interface EthFlowWord {
  readonly kind: 'dealloc' | 'inquiry' | 'alive';
  /** The sender's own EID. */
  readonly sEid: number;
  /** The receiver's EID. */
  readonly dEid: number;
}

export interface EthUnknown {
  readonly kind: 'unknown';
  readonly code: number;
}

export type EthMgmt = EthFlowRequest | EthFlowReply | EthNameMessage | EthFlowWord;

type Code = keyof typeof ETH_CODE;
const KINDS: ReadonlyMap<number, Code> = new Map(Object.entries(ETH_CODE).map(([kind, code]) => [code, kind as Code]));

/** Decodes the payload of a management frame. `hashLength`: of the layer's algorithm. Byte fields of the result are copies. */
export function decodeEthMgmt(
  framing: EthFraming,
  hashLength: number,
  bytes: Uint8Array,
): Decoded<EthMgmt | EthUnknown> {
  const table = TABLES[framing.name];
  if (bytes.length < table.length) return refused('too-short');
  const { sEid, dEid, response, code, ...qos } = readFields(table, bytes);
  const kind = KINDS.get(code);
  if (kind === undefined) return accepted({ kind: 'unknown', code });
  if (kind === 'reply') return accepted({ kind, sEid, dEid, response, data: bytes.slice(table.length) });
  if (kind === 'dealloc' || kind === 'inquiry' || kind === 'alive') return accepted({ kind, sEid, dEid });
  const dataAt = table.length + hashLength;
  if (bytes.length < dataAt) return refused('too-short', 'hash');
  const hash = bytes.slice(table.length, dataAt);
  if (kind !== 'request') return accepted({ kind, hash });
  return accepted({ kind, sEid, qos: qosOf(qos), hash, data: bytes.slice(dataAt) });
}

/** The payload of a management frame. EINVAL when a field does not fit. */
export function encodeEthMgmt(framing: EthFraming, message: EthMgmt): Uint8Array {
  const table = TABLES[framing.name];
  const hash = 'hash' in message ? message.hash : new Uint8Array(0);
  const data = 'data' in message ? message.data : new Uint8Array(0);
  const bytes = new Uint8Array(table.length + hash.length + data.length);
  const fields = message.kind === 'request' ? { ...message.qos, sEid: message.sEid } : message;
  writeFields(table, bytes, { ...fields, code: ETH_CODE[message.kind] });
  bytes.set(hash, table.length);
  bytes.set(data, table.length + hash.length);
  return bytes;
}
