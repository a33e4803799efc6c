/**
 * How an invited host gets its certificate: hello, challenge, request, answer; protobuf (proto/ouroboros/peer/v1/join.proto),
 * one per message of the flow. Which of them a message is follows from the sequence; only where a challenge may be an answer,
 * the fields tell. [docs/wire-extensions.md, Invitations]
 */
import { accepted, refused, type Decoded } from '../decoded.js';
import { JoinAnswerSchema, JoinChallengeSchema, JoinHelloSchema, JoinRequestSchema } from '../gen/v1/join_pb.js';
import { readMessage, writeMessage } from './strict.js';

export const JOIN_VERSION = 1;
/** Room for two certificates and a revocation list of some thousand entries. */
export const JOIN_MAX = 262_144;
export const JOIN_ID_LENGTH = 8;
export const JOIN_NONCE_LENGTH = 32;
export const JOIN_PROOF_LENGTH = 32;
/** Longest reason, in bytes of UTF-8. */
export const JOIN_REASON_MAX = 512;

export interface JoinHello {
  readonly version: number;
  /** JOIN_ID_LENGTH bytes. */
  readonly id: Uint8Array;
  /** JOIN_NONCE_LENGTH bytes. */
  readonly nonce: Uint8Array;
}

export interface JoinChallenge {
  /** JOIN_NONCE_LENGTH bytes. */
  readonly nonce: Uint8Array;
}

export interface JoinRequest {
  readonly member: string;
  /** SPKI DER; empty in a layer without authority. */
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
  /** JOIN_PROOF_LENGTH bytes. */
  readonly proof: Uint8Array;
}

export interface JoinAnswer {
  /** 0, or a negative error number. */
  readonly response: number;
  readonly reason: string;
  /** DER, or empty; so are the next two. */
  readonly certificate: Uint8Array;
  readonly authority: Uint8Array;
  readonly revoked: Uint8Array;
  /** JOIN_PROOF_LENGTH bytes; empty when the sender does not know the invitation. */
  readonly proof: Uint8Array;
}

export function decodeJoinHello(bytes: Uint8Array): Decoded<JoinHello> {
  const message = readMessage(JoinHelloSchema, bytes, JOIN_MAX);
  if (!message.ok) return message;
  const { version, id, nonce } = message.value;
  if (version !== JOIN_VERSION) return refused('bad-value', 'version');
  if (id.length !== JOIN_ID_LENGTH) return refused('bad-length', 'id');
  if (nonce.length !== JOIN_NONCE_LENGTH) return refused('bad-length', 'nonce');
  return accepted({ version, id: id.slice(), nonce: nonce.slice() });
}

export const encodeJoinHello = (hello: JoinHello): Uint8Array => writeMessage(JoinHelloSchema, hello, JOIN_MAX);

export function decodeJoinChallenge(bytes: Uint8Array): Decoded<JoinChallenge> {
  const message = readMessage(JoinChallengeSchema, bytes, JOIN_MAX);
  if (!message.ok) return message;
  const { nonce } = message.value;
  return nonce.length === JOIN_NONCE_LENGTH ? accepted({ nonce: nonce.slice() }) : refused('bad-length', 'nonce');
}

export const encodeJoinChallenge = (challenge: JoinChallenge): Uint8Array =>
  writeMessage(JoinChallengeSchema, challenge, JOIN_MAX);

export function decodeJoinRequest(bytes: Uint8Array): Decoded<JoinRequest> {
  const message = readMessage(JoinRequestSchema, bytes, JOIN_MAX);
  if (!message.ok) return message;
  const { member, key, signature, proof } = message.value;
  if (proof.length !== JOIN_PROOF_LENGTH) return refused('bad-length', 'proof');
  return accepted({ member, key: key.slice(), signature: signature.slice(), proof: proof.slice() });
}

export const encodeJoinRequest = (request: JoinRequest): Uint8Array =>
  writeMessage(JoinRequestSchema, request, JOIN_MAX);

export function decodeJoinAnswer(bytes: Uint8Array): Decoded<JoinAnswer> {
  const message = readMessage(JoinAnswerSchema, bytes, JOIN_MAX);
  if (!message.ok) return message;
  const { response, reason, certificate, authority, revoked, proof } = message.value;
  if (response > 0) return refused('bad-value', 'response');
  if (proof.length !== JOIN_PROOF_LENGTH && proof.length !== 0) return refused('bad-length', 'proof');
  const papers = { certificate: certificate.slice(), authority: authority.slice(), revoked: revoked.slice() };
  return accepted({ response, reason, ...papers, proof: proof.slice() });
}

export const encodeJoinAnswer = (answer: JoinAnswer): Uint8Array => writeMessage(JoinAnswerSchema, answer, JOIN_MAX);
