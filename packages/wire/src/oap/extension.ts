/**
 * Our extensions, end to end, in the data field of OAP messages, which C leaves empty and ignores. The reply repeats the
 * chosen subset; no extension means a C peer. [ARCHITECTURE.md, Extensions; docs/wire-extensions.md]
 *
 *   0 4f 37 54 53 ("O7TS") │ 4 version = 1 │ 5 TLVs: type (1) │ length (2, big-endian) │ value …
 *
 * Unknown types are skipped. Anything malformed (a TLV that is cut, of a wrong length, or given twice; another version)
 * makes the whole area refused, and a caller takes a refused area as no extension.
 */
import { OuroborosError } from '@ouroboros/model';
import { accepted, refused, type Decoded } from '../decoded.js';
import { decodeText, encodeTextPrefix } from '../text.js';

export const OAP_EXTENSION_MAGIC: readonly number[] = [0x4f, 0x37, 0x54, 0x53];
export const OAP_EXTENSION_VERSION = 1;
/** UTF-8 bytes of a refusal's text. */
export const OAP_REFUSAL_TEXT_MAX = 255;

const TLV = { features: 1, largestPacket: 2, kemShare: 3, nonce: 4, refusal: 5, wantedKex: 6 } as const;
const TLV_HEAD = 3;
const BODY_AT = OAP_EXTENSION_MAGIC.length + 1;

/** Bits of `features`. Bits that a receiver does not know are cleared in its reply. */
export const OapFeature = {
  /** Layers may announce the end of the flow by a message of ours (UDP code 128, FA code 128). */
  DEALLOC_MESSAGE: 1,
  /** A refusal may carry its reason. */
  REFUSAL_REASON: 2,
  /** Shims may ask each other whether the flow still exists (UDP codes 129 and 130). */
  INQUIRY: 4,
  /** Each packet of the flow begins with a frame byte; packets larger than the path are fragmented. */
  FRAMES: 8,
  /** FRCP with selective acknowledgements and windows beyond 256 packets. */
  FRCP_SELECTIVE: 16,
  /** Packets are protected by our profile instead of C's. */
  PROTECTION: 32,
  /** A client that does not take the flow it was granted says why, by a request that holds a refusal. */
  REFUSAL_NOTICE: 64,
} as const;

export interface OapRefusal {
  /** Negative error number, as the response field of a flow reply. */
  readonly error: number;
  /** Why, in words; at most OAP_REFUSAL_TEXT_MAX bytes of UTF-8. Peer's text: never trust it in a terminal or a query. */
  readonly text: string;
}

export interface OapExtension {
  /** OapFeature bits, unsigned 32 bit; 0 when not sent. */
  readonly features: number;
  /** Largest packet in bytes that the sender of this message takes. */
  readonly largestPacket?: number;
  /** Request: an ML-KEM-768 public key (SPKI DER). Response: the ciphertext for it. */
  readonly kemShare?: Uint8Array;
  readonly nonce?: Uint8Array;
  readonly refusal?: OapRefusal;
  /** In a refusal for weakness: number of the weakest key exchange that would do (OAP_KEY_EXCHANGES). */
  readonly wantedKex?: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function u32Bytes(value: number, field: string): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new OuroborosError('EINVAL', `${field} = ${value} does not fit 32 bits`, { field });
  }
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value);
  return bytes;
}

function u16Bytes(value: number, field: string): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
    throw new OuroborosError('EINVAL', `${field} = ${value} does not fit 16 bits`, { field });
  }
  return Uint8Array.of(value >>> 8, value & 0xff);
}

function refusalBytes(refusal: OapRefusal): Uint8Array {
  if ((refusal.error | 0) !== refusal.error) {
    throw new OuroborosError('EINVAL', `error ${refusal.error} does not fit 32 bits`, { field: 'refusal' });
  }
  const text = encodeTextPrefix(refusal.text, OAP_REFUSAL_TEXT_MAX);
  const bytes = new Uint8Array(4 + text.length);
  viewOf(bytes).setInt32(0, refusal.error);
  bytes.set(text, 4);
  return bytes;
}

function tlvsOf(extension: OapExtension): [number, Uint8Array][] {
  const tlvs: [number, Uint8Array][] = [[TLV.features, u32Bytes(extension.features, 'features')]];
  const { largestPacket, kemShare, nonce, refusal, wantedKex } = extension;
  if (largestPacket !== undefined) tlvs.push([TLV.largestPacket, u32Bytes(largestPacket, 'largestPacket')]);
  if (kemShare !== undefined) tlvs.push([TLV.kemShare, kemShare]);
  if (nonce !== undefined) tlvs.push([TLV.nonce, nonce]);
  if (refusal !== undefined) tlvs.push([TLV.refusal, refusalBytes(refusal)]);
  if (wantedKex !== undefined) tlvs.push([TLV.wantedKex, u16Bytes(wantedKex, 'wantedKex')]);
  return tlvs;
}

/**
 * The data field for these extensions, TLVs in order of their types; `features` is always written. A refusal's text is
 * cut to OAP_REFUSAL_TEXT_MAX bytes between two characters. EINVAL when a value does not fit its field.
 */
export function encodeOapExtension(extension: OapExtension): Uint8Array {
  const tlvs = tlvsOf(extension);
  const bytes = new Uint8Array(tlvs.reduce((sum, [, value]) => sum + TLV_HEAD + value.length, BODY_AT));
  bytes.set(OAP_EXTENSION_MAGIC);
  bytes[BODY_AT - 1] = OAP_EXTENSION_VERSION;
  let at = BODY_AT;
  for (const [type, value] of tlvs) {
    if (value.length > 0xffff) throw new OuroborosError('EINVAL', `extension ${type} of ${value.length} bytes`);
    bytes[at] = type;
    viewOf(bytes).setUint16(at + 1, value.length);
    bytes.set(value, at + TLV_HEAD);
    at += TLV_HEAD + value.length;
  }
  return bytes;
}

const hasMagic = (data: Uint8Array): boolean =>
  data.length >= BODY_AT && OAP_EXTENSION_MAGIC.every((byte, i) => data[i] === byte);

/** Cuts the area into its TLVs; undefined when it is cut short or a type comes twice. */
function splitTlvs(data: Uint8Array): Map<number, Uint8Array> | undefined {
  const tlvs = new Map<number, Uint8Array>();
  const view = viewOf(data);
  let at = BODY_AT;
  while (at < data.length) {
    if (data.length - at < TLV_HEAD) return undefined;
    const type = view.getUint8(at);
    const length = view.getUint16(at + 1);
    at += TLV_HEAD;
    if (length > data.length - at || tlvs.has(type)) return undefined;
    tlvs.set(type, data.subarray(at, at + length));
    at += length;
  }
  return tlvs;
}

function refusalOf(value: Uint8Array): OapRefusal | undefined {
  if (value.length < 4 || value.length > 4 + OAP_REFUSAL_TEXT_MAX) return undefined;
  const text = decodeText(value.subarray(4));
  return text === undefined ? undefined : { error: viewOf(value).getInt32(0), text };
}

/**
 * Decodes the data field of an OAP message: `absent` when it does not begin with the magic, `malformed` or `bad-length`
 * when it does but cannot be read, `bad-value` for another version. Byte fields are copies.
 */
export function decodeOapExtension(data: Uint8Array): Decoded<OapExtension> {
  if (!hasMagic(data)) return refused('absent');
  if (data[BODY_AT - 1] !== OAP_EXTENSION_VERSION) return refused('bad-value', 'version');
  const tlvs = splitTlvs(data);
  if (tlvs === undefined) return refused('malformed');
  const found: Mutable<OapExtension> = { features: 0 };
  for (const name of ['features', 'largestPacket'] as const) {
    const value = tlvs.get(TLV[name]);
    if (value === undefined) continue;
    if (value.length !== 4) return refused('bad-length', name);
    found[name] = viewOf(value).getUint32(0);
  }
  const wanted = tlvs.get(TLV.wantedKex);
  if (wanted !== undefined) {
    if (wanted.length !== 2) return refused('bad-length', 'wantedKex');
    found.wantedKex = viewOf(wanted).getUint16(0);
  }
  for (const name of ['kemShare', 'nonce'] as const) {
    const value = tlvs.get(TLV[name]);
    if (value !== undefined) found[name] = value.slice();
  }
  const refusal = tlvs.get(TLV.refusal);
  if (refusal !== undefined) {
    found.refusal = refusalOf(refusal);
    if (found.refusal === undefined) return refused('malformed', 'refusal');
  }
  return accepted(found);
}
