/**
 * What proves what when a host joins. Both know the secret of the token and neither sends it: each shows an HMAC over a transcript
 * of all that was said, so that one who stands between can neither learn it nor change a word. [docs/wire-extensions.md, Invitations]
 */
import { concatBytes, utf8Bytes } from '@ouroboros/model';
import type { Kdf } from '@ouroboros/ports';
import { JOIN_ID_LENGTH, type JoinAnswer, type JoinRequest } from '@ouroboros/wire';

/** What was said before the proofs. */
export interface Said {
  /** `publicText` of the token. */
  readonly token: string;
  readonly joinerNonce: Uint8Array;
  readonly inviterNonce: Uint8Array;
  readonly member: string;
  readonly key: Uint8Array;
}

/** By what both call the invitation; tells nothing of the secret. */
export const invitationId = (secret: Uint8Array, kdf: Kdf): Uint8Array =>
  kdf.digest('sha256', concatBytes(utf8Bytes('o7s join id'), secret)).slice(0, JOIN_ID_LENGTH);

/** What the inviting host keeps of the secret: enough for the proofs, and the token cannot be had back from it. */
export const proofKey = (secret: Uint8Array, kdf: Kdf): Uint8Array => hmac(kdf, secret, utf8Bytes('o7s join key'));

export const transcript = ({ token, joinerNonce, inviterNonce, member, key }: Said, kdf: Kdf): Uint8Array =>
  kdf.digest(
    'sha256',
    fields(utf8Bytes('o7s join 1'), utf8Bytes(token), joinerNonce, inviterNonce, utf8Bytes(member), key),
  );

/** What the new key signs: that its holder asks for this certificate now. */
export const possession = (said: Uint8Array): Uint8Array => concatBytes(utf8Bytes('o7s join possession'), said);

export const requestProof = (key: Uint8Array, said: Uint8Array, kdf: Kdf): JoinRequest['proof'] =>
  hmac(kdf, key, concatBytes(utf8Bytes('o7s join request'), said));

export function answerProof(
  key: Uint8Array,
  said: Uint8Array,
  answer: Omit<JoinAnswer, 'proof'>,
  kdf: Kdf,
): Uint8Array {
  const { response, reason, certificate, authority, revoked } = answer;
  const body = fields(utf8Bytes(String(response)), utf8Bytes(reason), certificate, authority, revoked);
  return hmac(kdf, key, concatBytes(utf8Bytes('o7s join answer'), said, kdf.digest('sha256', body)));
}

/** In constant time: how far two proofs agree is nobody's business. */
export function sameProof(a: Uint8Array, b: Uint8Array): boolean {
  let differs = a.length ^ b.length;
  for (let i = 0; i < b.length; i += 1) differs |= (a[i] ?? 0) ^ b[i]!;
  return differs === 0;
}

/** HKDF-Extract is HMAC with the salt as its key. [RFC 5869 §2.2] */
const hmac = (kdf: Kdf, key: Uint8Array, bytes: Uint8Array): Uint8Array => kdf.extract('sha256', key, bytes);

/** Each with its length (4) before it, so that no two lists of fields are the same bytes. */
function fields(...parts: readonly Uint8Array[]): Uint8Array {
  const lengths = parts.map(({ length: n }) => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n));
  return concatBytes(...parts.flatMap((part, i) => [lengths[i]!, part]));
}
