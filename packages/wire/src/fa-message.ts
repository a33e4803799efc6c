/**
 * Messages of the flow allocator: payload of DT PDUs with EID 0, cube 0. All big-endian. [spec/wire-unicast-data.md §8]
 *
 *   0 s_addr (8) │ 8 r_eid (8) │ 16 s_eid (8) │ 24 bandwidth (8) │ 32 response │ 36 delay │ 40 loss │ 44 ber │ 48 max_gap
 *   52 timeout │ 56 ece (2) │ 58 code (1) │ 59 availability (1) │ 60 in_order (1)
 *   61 request: hash of the destination name (H bytes), then OAP; reply: OAP
 *
 * In an echo and its reply the cube stands at 59.
 *
 * `s_` is the sender of the message, `r_` its receiver.
 */
import { OuroborosError, type QosCube, type QosSpec } from '@ouroboros/model';
import { addressTo64, isAddress } from './address-bytes.js';
import { accepted, refused, type Decoded } from './decoded.js';
import { fieldTable, readFields, writeFields } from './field-table.js';
import { qosOf } from './qos-fields.js';

export const FA_FIXED = 61;
/** Shorter than FA_FIXED or longer than this: discarded, by C and by us. */
export const FA_MAX = 2048;

/** From 128 on they are ours (docs/wire-extensions.md); C logs and discards them. */
export const FA_CODE = { request: 0, reply: 1, update: 2, dealloc: 128, echo: 129, 'echo-reply': 130 } as const;

export const FA_TABLE = fieldTable('big-endian', {
  sAddr: 'u64',
  rEid: 'u64',
  sEid: 'u64',
  bandwidth: 'u64',
  response: 'i32',
  delay: 'u32',
  loss: 'u32',
  ber: 'u32',
  maxGap: 'u32',
  timeout: 'u32',
  ece: 'u16',
  code: 'u8',
  availability: 'u8',
  inOrder: 'u8',
});

export interface FaRequest {
  readonly kind: 'request';
  /** Address of the requester, unsigned 32 bit. */
  readonly sAddr: number;
  /** EID chosen by the requester. */
  readonly sEid: bigint;
  readonly qos: QosSpec;
  /** Hash of the destination name under the layer's algorithm. */
  readonly hash: Uint8Array;
  /** Piggyback: an OAP request. */
  readonly data: Uint8Array;
}

export interface FaReply {
  readonly kind: 'reply';
  /** The requester's EID, that is the receiver's own. */
  readonly rEid: bigint;
  /** EID chosen by the responder. */
  readonly sEid: bigint;
  /** 0 = accepted, negative = refused. */
  readonly response: number;
  /** Piggyback: an OAP response, or empty. */
  readonly data: Uint8Array;
}

/** Congestion feedback. Never send one with `rEid` 0: it ends a C unicast IPCP. [spec/wire-unicast-data.md Quirk 14] */
export interface FaUpdate {
  readonly kind: 'update';
  /** The receiver's own EID. */
  readonly rEid: bigint;
  /** Congestion level, 0…65535. */
  readonly ece: number;
}

/** Ours, only on flows whose ends agreed on OapFeature.DEALLOC_MESSAGE: the sender ended the flow. */
export interface FaDealloc {
  readonly kind: 'dealloc';
  /** The receiver's own EID. */
  readonly rEid: bigint;
  /** 0, or a negative error number that says why. */
  readonly response: number;
}

/** Ours, only to members of ours: is to be answered at once, in the cube that it came in. */
export interface FaEcho {
  readonly kind: 'echo';
  /** Address of the asker, unsigned 32 bit. */
  readonly sAddr: number;
  /** Drawn by the asker, u64: tells the answers apart. */
  readonly number: bigint;
  readonly cube: QosCube;
}

/** Ours: the answer to an echo. */
export interface FaEchoReply {
  readonly kind: 'echo-reply';
  /** That of the echo. */
  readonly number: bigint;
  readonly cube: QosCube;
}

export interface FaUnknown {
  readonly kind: 'unknown';
  readonly code: number;
}

export type FaMessage = FaRequest | FaReply | FaUpdate | FaDealloc | FaEcho | FaEchoReply;

/**
 * Decodes the payload of a DT PDU for the flow allocator. `hashLength` is that of the layer's directory hash. Byte fields
 * of the result are copies. Bytes behind a message without hash and piggyback are ignored, as C ignores them.
 */
export function decodeFa(bytes: Uint8Array, hashLength: number): Decoded<FaMessage | FaUnknown> {
  if (bytes.length < FA_FIXED) return refused('too-short');
  if (bytes.length > FA_MAX) return refused('too-long');
  const fields = readFields(FA_TABLE, bytes);
  const { rEid, sEid, response, ece, code } = fields;
  if (code === FA_CODE.reply) return accepted({ kind: 'reply', rEid, sEid, response, data: bytes.slice(FA_FIXED) });
  if (code === FA_CODE.update) return accepted({ kind: 'update', rEid, ece });
  if (code === FA_CODE.dealloc) return accepted({ kind: 'dealloc', rEid, response });
  if (code === FA_CODE['echo-reply']) return accepted({ kind: 'echo-reply', number: rEid, cube: cubeOf(fields) });
  if (code !== FA_CODE.request && code !== FA_CODE.echo) return accepted({ kind: 'unknown', code });
  if (!isAddress(fields.sAddr)) return refused('bad-value', 'sAddr');
  const sAddr = Number(fields.sAddr);
  if (code === FA_CODE.echo) return accepted({ kind: 'echo', sAddr, number: sEid, cube: cubeOf(fields) });
  const dataAt = FA_FIXED + hashLength;
  if (bytes.length < dataAt) return refused('too-short', 'hash');
  const hash = bytes.slice(FA_FIXED, dataAt);
  return accepted({ kind: 'request', sAddr, sEid, qos: qosOf(fields), hash, data: bytes.slice(dataAt) });
}

/** EMSGSIZE when the message would exceed FA_MAX, EINVAL when a field does not fit. */
export function encodeFa(message: FaMessage): Uint8Array {
  const hash = message.kind === 'request' ? message.hash : new Uint8Array(0);
  const data = message.kind === 'request' || message.kind === 'reply' ? message.data : new Uint8Array(0);
  const length = FA_FIXED + hash.length + data.length;
  if (length > FA_MAX) throw new OuroborosError('EMSGSIZE', `FA message of ${length} bytes, at most ${FA_MAX}`);
  const bytes = new Uint8Array(length);
  writeFields(FA_TABLE, bytes, { ...fieldsOf(message), code: FA_CODE[message.kind] });
  bytes.set(hash, FA_FIXED);
  bytes.set(data, FA_FIXED + hash.length);
  return bytes;
}

function fieldsOf(message: FaMessage) {
  switch (message.kind) {
    case 'request':
      return { ...message.qos, sAddr: addressTo64(message.sAddr), sEid: message.sEid };
    case 'echo':
      return { sAddr: addressTo64(message.sAddr), sEid: message.number, availability: message.cube };
    case 'echo-reply':
      return { rEid: message.number, availability: message.cube };
    default:
      return message;
  }
}

/** Whatever is no cube is best effort, as in a DT header. */
const cubeOf = ({ availability }: { readonly availability: number }): QosCube =>
  availability === 1 || availability === 2 ? availability : 0;
