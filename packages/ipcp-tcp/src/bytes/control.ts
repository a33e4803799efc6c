/**
 * Control messages: the payload of frames with EID 0. Codes 1 to 3 are the words of the flow handshake
 * (packages/shim-flow/src/message-codec.ts). The others, big-endian: [docs/wire-extensions.md, TCP layers]
 *
 *   credit   0 code = 4 │ 1 from (4) │ 5 to (4) │ 9 bytes (4)      EIDs of sender and receiver; what the receiver may send more
 *   query    0 code = 5 │ 1 number (4) │ 5 hash (H)                does the receiver serve this name?
 *   answer   0 code = 6 │ 1 number (4) │ 5 found (1)
 *   hello    0 code = 16 │ 1 magic "O7TC" (4) │ 5 version = 1 │ 6 hash algorithm (1) │ 7 member (16) │ 23 run (8) │ 31 layer (UTF-8)
 *   bye      0 code = 17 │ 1 reason (1) │ 2 words (UTF-8)
 *   ping     0 code = 18
 *   pong     0 code = 19
 */
import { concatBytes, fromHex, toHex, utf8Bytes } from '@ouroboros/model';
import { SHIM_CODE, decodeShimMessage, encodeShimMessage, type ShimMessage } from '@ouroboros/shim-flow';
import { accepted, decodeText, fieldTable, readFields, refused, writeFields, type Decoded } from '@ouroboros/wire';

export interface Credit {
  readonly kind: 'credit';
  /** The sender's own EID. */
  readonly from: number;
  /** The receiver's EID. */
  readonly to: number;
  /** Bytes of whole frames that the receiver may send more. */
  readonly bytes: number;
}

export interface Query {
  readonly kind: 'query';
  readonly number: number;
  readonly hash: Uint8Array;
}

export interface Answer {
  readonly kind: 'answer';
  readonly number: number;
  readonly found: boolean;
}

/** The first message of each side on a connection. */
export interface Hello {
  readonly kind: 'hello';
  /** Number of the layer's hash algorithm. */
  readonly hash: number;
  /** 32 hex digits that the member keeps, and 16 of this run of it. */
  readonly member: string;
  readonly run: string;
  readonly layer: string;
}

/**
 * Why a connection ends: the member leaves the layer; it has another connection with this peer; or the peer has no business
 * here, for the reason in words.
 */
export type ByeReason = 'leaving' | 'redundant' | 'refused';

export interface Bye {
  readonly kind: 'bye';
  readonly reason: ByeReason;
  readonly words: string;
}

export type LinkMessage = Hello | Bye | { readonly kind: 'ping' } | { readonly kind: 'pong' };
export type ControlMessage = ShimMessage | Credit | Query | Answer | LinkMessage;

const CODE = { ...SHIM_CODE, credit: 4, query: 5, answer: 6, hello: 16, bye: 17, ping: 18, pong: 19 } as const;
const MAGIC = 0x4f375443;
const VERSION = 1;
const MEMBER_BYTES = 16;
const RUN_BYTES = 8;
const MAX_LAYER = 255;
const REASONS: readonly ByeReason[] = ['leaving', 'redundant', 'refused'];

const CREDIT = fieldTable('big-endian', { code: 'u8', from: 'u32', to: 'u32', bytes: 'u32' });
const QUERY = fieldTable('big-endian', { code: 'u8', number: 'u32' });
const ANSWER = fieldTable('big-endian', { code: 'u8', number: 'u32', found: 'u8' });
const HELLO = fieldTable('big-endian', { code: 'u8', magic: 'u32', version: 'u8', hash: 'u8' });
const BYE = fieldTable('big-endian', { code: 'u8', reason: 'u8' });
const RUN_AT = HELLO.length + MEMBER_BYTES;
const LAYER_AT = RUN_AT + RUN_BYTES;

export function encodeControl(message: ControlMessage): Uint8Array {
  const code = CODE[message.kind];
  switch (message.kind) {
    case 'credit':
      return fixed(CREDIT, { code, from: message.from, to: message.to, bytes: message.bytes });
    case 'query':
      return concatBytes(fixed(QUERY, { code, number: message.number }), message.hash);
    case 'answer':
      return fixed(ANSWER, { code, number: message.number, found: message.found ? 1 : 0 });
    case 'hello': {
      const head = fixed(HELLO, { code, magic: MAGIC, version: VERSION, hash: message.hash });
      return concatBytes(head, fromHex(message.member), fromHex(message.run), utf8Bytes(message.layer));
    }
    case 'bye':
      return concatBytes(fixed(BYE, { code, reason: REASONS.indexOf(message.reason) }), utf8Bytes(message.words));
    case 'ping':
    case 'pong':
      return Uint8Array.of(code);
    default:
      return encodeShimMessage(message);
  }
}

type Table = Parameters<typeof writeFields>[0];

function fixed<T extends Table>(table: T, values: Parameters<typeof writeFields<T['fields']>>[2]): Uint8Array {
  const bytes = new Uint8Array(table.length);
  writeFields(table, bytes, values);
  return bytes;
}

/** Decodes a whole message; `hashLength`: of the layer. Byte fields of the result are copies. */
export function decodeControl(bytes: Uint8Array, hashLength: number): Decoded<ControlMessage> {
  switch (bytes[0]) {
    case CODE.credit:
      return decodeCredit(bytes);
    case CODE.query:
      if (bytes.length !== QUERY.length + hashLength) return refused('bad-length', 'hash');
      return accepted({ kind: 'query', number: readFields(QUERY, bytes).number, hash: bytes.slice(QUERY.length) });
    case CODE.answer:
      return decodeAnswer(bytes);
    case CODE.hello:
      return decodeHello(bytes);
    case CODE.bye:
      return decodeBye(bytes);
    case CODE.ping:
      return accepted({ kind: 'ping' });
    case CODE.pong:
      return accepted({ kind: 'pong' });
    default:
      return decodeShimMessage(bytes, hashLength);
  }
}

function decodeCredit(bytes: Uint8Array): Decoded<Credit> {
  if (bytes.length < CREDIT.length) return refused('too-short');
  const { from, to, bytes: more } = readFields(CREDIT, bytes);
  return accepted({ kind: 'credit', from, to, bytes: more });
}

function decodeAnswer(bytes: Uint8Array): Decoded<Answer> {
  if (bytes.length < ANSWER.length) return refused('too-short');
  const { number, found } = readFields(ANSWER, bytes);
  return accepted({ kind: 'answer', number, found: found !== 0 });
}

function decodeHello(bytes: Uint8Array): Decoded<Hello> {
  if (bytes.length < LAYER_AT) return refused('too-short');
  const { magic, version, hash } = readFields(HELLO, bytes);
  if (magic !== MAGIC) return refused('bad-value', 'magic');
  if (version !== VERSION) return refused('bad-value', 'version');
  if (bytes.length > LAYER_AT + MAX_LAYER) return refused('too-long', 'layer');
  const member = toHex(bytes.subarray(HELLO.length, RUN_AT));
  const run = toHex(bytes.subarray(RUN_AT, LAYER_AT));
  const layer = decodeText(bytes.subarray(LAYER_AT));
  return layer === undefined ? refused('malformed', 'layer') : accepted({ kind: 'hello', hash, member, run, layer });
}

function decodeBye(bytes: Uint8Array): Decoded<Bye> {
  const reason = REASONS[bytes[1] ?? REASONS.length];
  if (reason === undefined) return refused('bad-value', 'reason');
  return accepted({ kind: 'bye', reason, words: decodeText(bytes.subarray(BYE.length)) ?? '' });
}
