/** Making OAP messages: signed when there is a credential, within the room that the layer has. */
import { EMPTY_BYTES } from '@ouroboros/model';
import type { Credential } from '@ouroboros/ports';
import { encodeOap, encodeOapExtension, oapSignedRegion, type OapExtension, type OapMessage } from '@ouroboros/wire';
import { digestOf } from './algorithms.js';
import { failed, type OapFailure } from './failure.js';

/** A message without any cryptography. */
export const plainMessage = (parts: Pick<OapMessage, 'id' | 'timestampNs'> & Partial<OapMessage>): OapMessage => ({
  cipherNid: 0,
  kdfNid: 0,
  mdNid: 0,
  certificate: EMPTY_BYTES,
  kex: EMPTY_BYTES,
  data: EMPTY_BYTES,
  kexRaw: false,
  kexClientEncapsulates: false,
  requestHash: EMPTY_BYTES,
  signature: EMPTY_BYTES,
  ...parts,
});

export type Encoded = { readonly ok: true; readonly bytes: Uint8Array } | OapFailure;

/** The whole message, with certificate and signature when there is a credential. EAUTH when it cannot sign. */
export function encodeSigned(message: OapMessage, credential: Credential | null): Encoded {
  if (!credential) return { ok: true, bytes: encodeOap(message) };
  const unsigned = { ...message, certificate: credential.certificate };
  const signed = credential.sign(digestOf(message.mdNid), oapSignedRegion(unsigned));
  if (!signed.ok) return failed('EAUTH', signed.text);
  return { ok: true, bytes: encodeOap({ ...unsigned, signature: signed.signature }) };
}

/** What is encoded: the message, and whether the KEM share was left out to stay within the room. */
export type EncodedWithShare = { readonly ok: true; readonly bytes: Uint8Array; readonly shared: boolean } | OapFailure;

/**
 * Encodes a message with our extension (null: with none, as C does), or leaves its KEM share out where the whole would
 * be longer than `room`.
 */
export function encodeWithShare(
  message: OapMessage,
  extension: OapExtension | null,
  credential: Credential | null,
  room: number,
): EncodedWithShare {
  const data = extension === null ? EMPTY_BYTES : encodeOapExtension(extension);
  const whole = encodeSigned({ ...message, data }, credential);
  if (!whole.ok) return whole;
  if (extension?.kemShare === undefined) return { ...whole, shared: false };
  if (whole.bytes.length <= room) return { ...whole, shared: true };
  return encodeWithShare(message, { ...extension, kemShare: undefined }, credential, room);
}
