import { EMPTY_BYTES, OuroborosError, errorNumber, toHex, toOuroborosError } from '@ouroboros/model';
import type { Kdf, Random } from '@ouroboros/ports';
import {
  JOIN_NONCE_LENGTH,
  decodeJoinHello,
  decodeJoinRequest,
  encodeJoinAnswer,
  encodeJoinChallenge,
  type JoinAnswer,
  type JoinHello,
  type JoinRequest,
} from '@ouroboros/wire';
import type { Papers } from './ask-to-join.js';
import type { Pipe } from './pipe.js';
import { answerProof, possession, requestProof, sameProof, transcript } from './proofs.js';

/** What the inviting host knows of a token that it gave away. */
export interface Invitation {
  /** Hexadecimal, from the secret. */
  readonly id: string;
  readonly layer: string;
  /** `publicText` of the token. */
  readonly token: string;
  /** `proofKey` of its secret. */
  readonly key: Uint8Array;
  /** Name of the authority that signs; empty = none. */
  readonly authority: string;
  /** Wall times in ms since 1970. */
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** Who asks, once the secret was proven. */
export interface Candidate {
  readonly member: string;
  /** SPKI DER; empty: it has none. */
  readonly key: Uint8Array;
  /** Whether the key belongs to who asks. */
  readonly proven: (verify: (key: Uint8Array, region: Uint8Array, signature: Uint8Array) => boolean) => boolean;
}

export interface JoinDesk {
  find(id: string): Promise<Invitation | undefined>;
  /** Uses the invitation up, and signs. Rejects with OuroborosError, whose code and message the other side is told. */
  admit(invitation: Invitation, candidate: Candidate): Promise<Papers>;
}

export interface JoinService {
  readonly desk: JoinDesk;
  readonly kdf: Kdf;
  readonly random: Random;
}

/**
 * The side of who invited: hello → challenge → request → answer. Resolves with the member that was admitted; rejects with why none
 * was, after the other side was told, and with what the pipe rejects with. Reasons are given to those alone who proved to know the secret.
 */
export async function serveJoin(pipe: Pipe, service: JoinService): Promise<string> {
  const { kdf, random, desk } = service;
  const hello = decodeJoinHello(await pipe.receive());
  if (!hello.ok) throw new OuroborosError('EINVAL', `a hello that is ${hello.reason} ${hello.field}`);
  const invitation = await desk.find(toHex(hello.value.id));
  if (!invitation) {
    await pipe.send(encodeJoinAnswer({ ...refusalOf(UNKNOWN), proof: EMPTY_BYTES }));
    throw UNKNOWN;
  }
  const nonce = random.bytes(JOIN_NONCE_LENGTH);
  await pipe.send(encodeJoinChallenge({ nonce }));
  const request = decodeJoinRequest(await pipe.receive());
  if (!request.ok) throw new OuroborosError('EINVAL', `a request that is ${request.reason} ${request.field}`);
  const hash = transcriptOf(invitation, hello.value, nonce, request.value, kdf);
  const proven = sameProof(request.value.proof, requestProof(invitation.key, hash, kdf));
  const verdict = proven ? await judge(desk, invitation, request.value, hash) : refusalOf(WRONG_SECRET);
  const answer = verdict instanceof OuroborosError ? refusalOf(verdict) : verdict;
  await pipe.send(encodeJoinAnswer({ ...answer, proof: answerProof(invitation.key, hash, answer, kdf) }));
  if (!proven) throw WRONG_SECRET;
  if (verdict instanceof OuroborosError) throw verdict;
  return request.value.member;
}

const UNKNOWN = new OuroborosError(
  'EREFUSED',
  'the token is unknown here: revoked, expired long ago, or of another host',
);
const WRONG_SECRET = new OuroborosError('EAUTH', 'the token is altered');

type Answer = Omit<JoinAnswer, 'proof'>;

const NO_PAPERS: Papers = { certificate: EMPTY_BYTES, authority: EMPTY_BYTES, revoked: EMPTY_BYTES };

const refusalOf = ({ code, message }: OuroborosError): Answer => ({
  response: -errorNumber(code),
  reason: message.slice(0, REASON_CHARACTERS),
  ...NO_PAPERS,
});

/** Long enough for every reason that we give. */
const REASON_CHARACTERS = 300;

function transcriptOf(
  invitation: Invitation,
  hello: JoinHello,
  inviterNonce: Uint8Array,
  { member, key }: JoinRequest,
  kdf: Kdf,
): Uint8Array {
  return transcript({ token: invitation.token, joinerNonce: hello.nonce, inviterNonce, member, key }, kdf);
}

async function judge(
  desk: JoinDesk,
  invitation: Invitation,
  { member, key, signature }: JoinRequest,
  hash: Uint8Array,
): Promise<Answer | OuroborosError> {
  try {
    const candidate = { member, key, proven: (verify: Verify) => verify(key, possession(hash), signature) };
    return { response: 0, reason: '', ...(await desk.admit(invitation, candidate)) };
  } catch (thrown) {
    return toOuroborosError(thrown);
  }
}

type Verify = Parameters<Candidate['proven']>[0];
