/**
 * OAP messages: the handshake of two IRM daemons, carried as piggyback data of flow requests and replies. All
 * big-endian. [spec/wire-crypto.md §1]
 *
 *   0 id (16) │ 16 timestamp (8) │ 24 cipher_nid (2) │ 26 kdf_nid (2) │ 28 md_nid (2) │ 30 crt_len (2)
 *   32 F (bit 15) R (bit 14) kex_len (14 bits) │ 34 data_len (2)
 *   36 certificate │ key exchange │ data │ request hash (response only) │ signature (the rest)
 *
 * Signed: everything before the signature.
 */
import { OuroborosError } from '@ouroboros/model';
import { accepted, refused, type Decoded } from '../decoded.js';
import { fieldTable, readFields, writeFields, type FieldValues } from '../field-table.js';
import { isCipherNid, isDigestNid } from './algorithms.js';

export const OAP_FIXED = 36;
export const OAP_ID_LENGTH = 16;
/** Largest `kex_len` that the header can say. */
export const OAP_KEX_MAX = 0x3fff;
const FLAG_RAW = 0x8000;
const FLAG_CLIENT_ENCAPSULATES = 0x4000;

/** The fixed part behind the id. */
export const OAP_TABLE = fieldTable('big-endian', {
  timestampNs: 'u64',
  cipherNid: 'u16',
  kdfNid: 'u16',
  mdNid: 'u16',
  crtLength: 'u16',
  kex: 'u16',
  dataLength: 'u16',
});

/** One OAP message; request and response have the same form. Absent parts are empty arrays. */
export interface OapMessage {
  /** 16 random bytes per allocation; the response repeats them. */
  readonly id: Uint8Array;
  /** Nanoseconds since 1970-01-01 UTC at which this message was made. */
  readonly timestampNs: bigint;
  readonly cipherNid: number;
  readonly kdfNid: number;
  readonly mdNid: number;
  /** One X.509 certificate, DER. */
  readonly certificate: Uint8Array;
  /** Public key or KEM ciphertext, at most OAP_KEX_MAX bytes. */
  readonly kex: Uint8Array;
  /** F: `kex` is raw instead of DER. */
  readonly kexRaw: boolean;
  /** R: the client encapsulates. */
  readonly kexClientEncapsulates: boolean;
  /** Application data: empty, or our extensions (extension.ts). */
  readonly data: Uint8Array;
  /** Digest of the whole request; empty in a request, always there in a response. */
  readonly requestHash: Uint8Array;
  readonly signature: Uint8Array;
}

export interface DecodedOap extends OapMessage {
  /** The first `signedLength` bytes of the message are what the signature covers. */
  readonly signedLength: number;
}

function faultInNids(fixed: FieldValues<typeof OAP_TABLE.fields>): string | undefined {
  if (!isCipherNid(fixed.cipherNid)) return 'cipherNid';
  if (!isDigestNid(fixed.kdfNid)) return 'kdfNid';
  if (!isDigestNid(fixed.mdNid)) return 'mdNid';
  return undefined;
}

/**
 * Decodes a whole message. `hashLength` is 0 for a request, and for a response what `requestHashLength` says of the
 * request's digest. Refuses unknown algorithm numbers, and bytes behind a message without certificate. Byte fields of the
 * result are copies.
 */
export function decodeOap(bytes: Uint8Array, hashLength: number): Decoded<DecodedOap> {
  if (bytes.length < OAP_FIXED) return refused('too-short');
  const fixed = readFields(OAP_TABLE, bytes, OAP_ID_LENGTH);
  const fault = faultInNids(fixed);
  if (fault !== undefined) return refused('bad-value', fault);
  const kexAt = OAP_FIXED + fixed.crtLength;
  const dataAt = kexAt + (fixed.kex & OAP_KEX_MAX);
  const hashAt = dataAt + fixed.dataLength;
  const signedLength = hashAt + hashLength;
  if (bytes.length < signedLength) return refused('too-short');
  if (fixed.crtLength === 0 && bytes.length !== signedLength) return refused('too-long', 'signature');
  return accepted({
    id: bytes.slice(0, OAP_ID_LENGTH),
    timestampNs: fixed.timestampNs,
    cipherNid: fixed.cipherNid,
    kdfNid: fixed.kdfNid,
    mdNid: fixed.mdNid,
    certificate: bytes.slice(OAP_FIXED, kexAt),
    kex: bytes.slice(kexAt, dataAt),
    kexRaw: (fixed.kex & FLAG_RAW) !== 0,
    kexClientEncapsulates: (fixed.kex & FLAG_CLIENT_ENCAPSULATES) !== 0,
    data: bytes.slice(dataAt, hashAt),
    requestHash: bytes.slice(hashAt, signedLength),
    signature: bytes.slice(signedLength),
    signedLength,
  });
}

/**
 * What the signature of a message covers: the message without its signature. EINVAL when a part does not fit its length
 * field.
 */
export function oapSignedRegion(message: Omit<OapMessage, 'signature'>): Uint8Array {
  const { id, certificate, kex, data, requestHash } = message;
  if (id.length !== OAP_ID_LENGTH) {
    throw new OuroborosError('EINVAL', `id has ${id.length} bytes, not ${OAP_ID_LENGTH}`, { field: 'id' });
  }
  if (kex.length > OAP_KEX_MAX) {
    throw new OuroborosError('EINVAL', `key exchange data of ${kex.length} bytes, at most ${OAP_KEX_MAX}`, {
      field: 'kex',
    });
  }
  const parts = [certificate, kex, data, requestHash];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, OAP_FIXED));
  bytes.set(id);
  const flags = (message.kexRaw ? FLAG_RAW : 0) | (message.kexClientEncapsulates ? FLAG_CLIENT_ENCAPSULATES : 0);
  const lengths = { crtLength: certificate.length, kex: flags | kex.length, dataLength: data.length };
  writeFields(OAP_TABLE, bytes, { ...message, ...lengths }, OAP_ID_LENGTH);
  let at = OAP_FIXED;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A whole message; EINVAL as `oapSignedRegion`, and for a signature without certificate, which every receiver refuses. */
export function encodeOap(message: OapMessage): Uint8Array {
  const { signature, certificate } = message;
  if (signature.length > 0 && certificate.length === 0) {
    throw new OuroborosError('EINVAL', 'a signature needs a certificate', { field: 'signature' });
  }
  const signed = oapSignedRegion(message);
  if (signature.length === 0) return signed;
  const bytes = new Uint8Array(signed.length + signature.length);
  bytes.set(signed);
  bytes.set(signature, signed.length);
  return bytes;
}
