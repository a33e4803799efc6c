/**
 * The words of the handshake as bytes, for shims that have no other form of them to be compatible with. Big-endian.
 *
 *   request   0 code = 1 │ 1 requester (4) │ 5 bandwidth (8) │ 13 delay │ 17 loss │ 21 ber │ 25 max_gap │ 29 timeout (4 each)
 *             33 availability (1) │ 34 in_order (1) │ 35 hash of the name (H) │ OAP request …
 *   reply     0 code = 2 │ 1 requester (4) │ 5 responder (4) │ 9 response (4) │ 13 OAP response …
 *   dealloc   0 code = 3 │ 1 from (4) │ 5 to (4)
 *
 * H follows from the hash algorithm of the layer. [docs/wire-extensions.md, TCP layers]
 */
import { concatBytes } from '@ouroboros/model';
import { accepted, fieldTable, qosOf, readFields, refused, writeFields, type Decoded } from '@ouroboros/wire';
import type { ShimDealloc, ShimMessage, ShimReply, ShimRequest } from './messages.js';

/** First bytes of the messages. */
export const SHIM_CODE = { request: 1, reply: 2, dealloc: 3 } as const;

const REQUEST = fieldTable('big-endian', {
  code: 'u8',
  requester: 'u32',
  bandwidth: 'u64',
  delay: 'u32',
  loss: 'u32',
  ber: 'u32',
  maxGap: 'u32',
  timeout: 'u32',
  availability: 'u8',
  inOrder: 'u8',
});
const REPLY = fieldTable('big-endian', { code: 'u8', requester: 'u32', responder: 'u32', response: 'i32' });
const DEALLOC = fieldTable('big-endian', { code: 'u8', from: 'u32', to: 'u32' });

/** Bytes of a request without the hash, and of a reply, before their OAP message. */
export const SHIM_REQUEST_FIXED = REQUEST.length;
export const SHIM_REPLY_FIXED = REPLY.length;

/** Decodes a whole message. Byte fields of the result are copies. */
export function decodeShimMessage(bytes: Uint8Array, hashLength: number): Decoded<ShimMessage> {
  switch (bytes[0]) {
    case SHIM_CODE.request:
      return decodeRequest(bytes, hashLength);
    case SHIM_CODE.reply:
      return decodeReply(bytes);
    case SHIM_CODE.dealloc:
      return decodeDealloc(bytes);
    default:
      return refused('bad-value', 'code');
  }
}

function decodeRequest(bytes: Uint8Array, hashLength: number): Decoded<ShimRequest> {
  const dataAt = REQUEST.length + hashLength;
  if (bytes.length < dataAt) return refused('too-short');
  const fields = readFields(REQUEST, bytes);
  const hash = bytes.slice(REQUEST.length, dataAt);
  return accepted({
    kind: 'request',
    requester: fields.requester,
    qos: qosOf(fields),
    hash,
    data: bytes.slice(dataAt),
  });
}

function decodeReply(bytes: Uint8Array): Decoded<ShimReply> {
  if (bytes.length < REPLY.length) return refused('too-short');
  const { requester, responder, response } = readFields(REPLY, bytes);
  return accepted({ kind: 'reply', requester, responder, response, data: bytes.slice(REPLY.length) });
}

function decodeDealloc(bytes: Uint8Array): Decoded<ShimDealloc> {
  if (bytes.length < DEALLOC.length) return refused('too-short');
  const { from, to } = readFields(DEALLOC, bytes);
  return accepted({ kind: 'dealloc', from, to });
}

/** A whole message. EINVAL when a field does not fit. */
export function encodeShimMessage(message: ShimMessage): Uint8Array {
  const code = SHIM_CODE[message.kind];
  switch (message.kind) {
    case 'request': {
      const fixed = new Uint8Array(REQUEST.length);
      writeFields(REQUEST, fixed, { ...message.qos, code, requester: message.requester });
      return concatBytes(fixed, message.hash, message.data);
    }
    case 'reply': {
      const { requester, responder, response, data } = message;
      const fixed = new Uint8Array(REPLY.length);
      writeFields(REPLY, fixed, { code, requester, responder, response });
      return concatBytes(fixed, data);
    }
    case 'dealloc': {
      const bytes = new Uint8Array(DEALLOC.length);
      writeFields(DEALLOC, bytes, { code, from: message.from, to: message.to });
      return bytes;
    }
  }
}
