/**
 * Frames of the UDP shims. All big-endian. [spec/wire-shims.md §2.2, §2.3]
 *
 *   data:        0 ┌ EID of the receiver, not 0 ┐ 4 payload (may be empty: keep-alive) …
 *
 *   management:  0 eid = 0 │ 4 s_eid │ 8 d_eid │ 12 response │ 16 bandwidth (8) │ 24 delay │ 28 loss │ 32 ber │ 36 max_gap
 *               40 timeout │ 44 code (1) │ 45 availability (1) │ 46 in_order (1) │ 47 request: MD5 of the name (16) │ OAP …
 *
 * In a reply s_eid is the *requester's* EID, echoed, and d_eid the responder's.
 */
import { OuroborosError, type QosSpec } from '@ouroboros/model';
import { accepted, refused, type Decoded } from './decoded.js';
import { fieldTable, readFields, writeFields } from './field-table.js';
import { qosOf } from './qos-fields.js';

/** Bytes before the payload of a data frame. */
export const UDP_DATA_HEADER = 4;
/** Fixed part of a management message, its EID 0 included. */
export const UDP_MGMT_FIXED = 47;
/** MD5. */
export const UDP_HASH_LENGTH = 16;
/** Longest management datagram that a C receiver has room for; a longer one overflows its buffer. [spec/wire-shims.md Quirk 2] */
export const UDP_MGMT_MAX = 2048;
/** Default port of a UDP layer. */
export const UDP_PORT = 3435;
/** EIDs of C are signed ints: ours stay below. */
export const UDP_MAX_EID = 0x7fffffff;

/** 128 and above are ours (docs/wire-extensions.md); C logs and ignores them. */
export const UDP_CODE = { request: 1, reply: 2, dealloc: 128, inquiry: 129, alive: 130 } as const;

export const UDP_MGMT_TABLE = fieldTable('big-endian', {
  eid: 'u32',
  sEid: 'u32',
  dEid: 'u32',
  response: 'i32',
  bandwidth: 'u64',
  delay: 'u32',
  loss: 'u32',
  ber: 'u32',
  maxGap: 'u32',
  timeout: 'u32',
  code: 'u8',
  availability: 'u8',
  inOrder: 'u8',
});

export interface UdpFlowRequest {
  readonly kind: 'request';
  /** EID chosen by the requester. */
  readonly sEid: number;
  readonly qos: QosSpec;
  /** MD5 of the destination name, 16 bytes. */
  readonly hash: Uint8Array;
  /** Piggyback: an OAP request. */
  readonly data: Uint8Array;
}

export interface UdpFlowReply {
  readonly kind: 'reply';
  /** The requester's EID, echoed. */
  readonly sEid: number;
  /** EID chosen by the responder. */
  readonly dEid: number;
  /** 0 = accepted, else refused: a negative error number. */
  readonly response: number;
  /** Piggyback: an OAP response, or empty. */
  readonly data: Uint8Array;
}

/** Ours, only on flows whose ends agreed on OapFeature.DEALLOC_MESSAGE: the sender ended the flow. */
export interface UdpFlowDealloc {
  readonly kind: 'dealloc';
  /** The sender's own EID, so that a late message does not hit a newer flow on the same EID. */
  readonly sEid: number;
  /** The receiver's EID. */
  readonly dEid: number;
  /** 0, or a negative error number that says why. */
  readonly response: number;
}

/**
 * Ours, only on flows whose ends agreed on OapFeature.INQUIRY: does the receiver have this flow? The answer is `alive`, or
 * `dealloc` when it has not.
 */
export interface UdpFlowInquiry {
  readonly kind: 'inquiry';
  /** The sender's own EID. */
  readonly sEid: number;
  /** The receiver's EID. */
  readonly dEid: number;
}

/** The answer to an inquiry by a receiver that has the flow. */
export interface UdpFlowAlive {
  readonly kind: 'alive';
  /** The sender's own EID. */
  readonly sEid: number;
  /** The receiver's EID. */
  readonly dEid: number;
}

export interface UdpUnknown {
  readonly kind: 'unknown';
  readonly code: number;
}

export type UdpMgmt = UdpFlowRequest | UdpFlowReply | UdpFlowDealloc | UdpFlowInquiry | UdpFlowAlive;

/** Destination EID of a frame; 0 = management. The frame must have at least 4 bytes. */
export const udpEid = (buffer: Uint8Array, offset: number): number =>
  ((buffer[offset]! << 24) | (buffer[offset + 1]! << 16) | (buffer[offset + 2]! << 8) | buffer[offset + 3]!) >>> 0;

/** Writes the 4-byte header of a data frame. */
export function writeUdpEid(buffer: Uint8Array, offset: number, eid: number): void {
  buffer[offset] = eid >>> 24;
  buffer[offset + 1] = eid >>> 16;
  buffer[offset + 2] = eid >>> 8;
  buffer[offset + 3] = eid;
}

/** Decodes a whole management datagram (EID 0 at its start). Byte fields of the result are copies. */
export function decodeUdpMgmt(bytes: Uint8Array): Decoded<UdpMgmt | UdpUnknown> {
  if (bytes.length < UDP_MGMT_FIXED) return refused('too-short');
  const fields = readFields(UDP_MGMT_TABLE, bytes);
  if (fields.eid !== 0) return refused('bad-value', 'eid');
  const { sEid, dEid, response, code } = fields;
  if (code === UDP_CODE.reply) {
    return accepted({ kind: 'reply', sEid, dEid, response, data: bytes.slice(UDP_MGMT_FIXED) });
  }
  if (code === UDP_CODE.dealloc) return accepted({ kind: 'dealloc', sEid, dEid, response });
  if (code === UDP_CODE.inquiry) return accepted({ kind: 'inquiry', sEid, dEid });
  if (code === UDP_CODE.alive) return accepted({ kind: 'alive', sEid, dEid });
  if (code !== UDP_CODE.request) return accepted({ kind: 'unknown', code });
  const dataAt = UDP_MGMT_FIXED + UDP_HASH_LENGTH;
  if (bytes.length < dataAt) return refused('too-short', 'hash');
  const hash = bytes.slice(UDP_MGMT_FIXED, dataAt);
  return accepted({ kind: 'request', sEid, qos: qosOf(fields), hash, data: bytes.slice(dataAt) });
}

/** A whole management datagram. EMSGSIZE when it would exceed UDP_MGMT_MAX, EINVAL when a field does not fit. */
export function encodeUdpMgmt(message: UdpMgmt): Uint8Array {
  const hash = message.kind === 'request' ? message.hash : new Uint8Array(0);
  const data = 'data' in message ? message.data : new Uint8Array(0);
  if (message.kind === 'request' && hash.length !== UDP_HASH_LENGTH) {
    throw new OuroborosError('EINVAL', `hash has ${hash.length} bytes, not ${UDP_HASH_LENGTH}`, { field: 'hash' });
  }
  const length = UDP_MGMT_FIXED + hash.length + data.length;
  if (length > UDP_MGMT_MAX) {
    throw new OuroborosError('EMSGSIZE', `management message of ${length} bytes, at most ${UDP_MGMT_MAX}`);
  }
  const bytes = new Uint8Array(length);
  const fields = message.kind === 'request' ? { ...message.qos, sEid: message.sEid } : message;
  writeFields(UDP_MGMT_TABLE, bytes, { ...fields, code: UDP_CODE[message.kind] });
  bytes.set(hash, UDP_MGMT_FIXED);
  bytes.set(data, UDP_MGMT_FIXED + hash.length);
  return bytes;
}
