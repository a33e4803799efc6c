import { OuroborosError, errorCodeOf, printable } from '@ouroboros/model';
import type { Kdf, Random } from '@ouroboros/ports';
import {
  JOIN_NONCE_LENGTH,
  JOIN_VERSION,
  decodeJoinAnswer,
  decodeJoinChallenge,
  encodeJoinHello,
  encodeJoinRequest,
  type JoinAnswer,
} from '@ouroboros/wire';
import type { Pipe } from './pipe.js';
import { answerProof, invitationId, possession, proofKey, requestProof, sameProof, transcript } from './proofs.js';
import { publicText, type Token } from './token.js';

/** Who wants to be a member. Without an authority there is no key. */
export interface Applicant {
  readonly member: string;
  /** SPKI DER. */
  readonly key: { readonly publicKey: Uint8Array; sign(region: Uint8Array): Uint8Array } | null;
}

/** What the authority handed over; all empty in a layer without one. */
export type Papers = Pick<JoinAnswer, 'certificate' | 'authority' | 'revoked'>;

/**
 * The side of who joins: hello → challenge → request → answer. Rejects with the inviting host's reason when it refuses, EAUTH when it
 * does not know the secret, and what the pipe rejects with. The papers are those of a host that knows the secret; that they come from the
 * authority that the token names is for the caller to check.
 */
export async function askToJoin(
  pipe: Pipe,
  token: Token,
  applicant: Applicant,
  { kdf, random }: { readonly kdf: Kdf; readonly random: Random },
): Promise<Papers> {
  const nonce = random.bytes(JOIN_NONCE_LENGTH);
  await pipe.send(encodeJoinHello({ version: JOIN_VERSION, id: invitationId(token.secret, kdf), nonce }));
  const first = await pipe.receive();
  const challenge = decodeJoinChallenge(first);
  if (!challenge.ok) throw unproven(first);
  const { member, key } = applicant;
  const publicKey = key?.publicKey ?? new Uint8Array(0);
  const said = { joinerNonce: nonce, inviterNonce: challenge.value.nonce, member, key: publicKey };
  const hash = transcript({ token: publicText(token.destination), ...said }, kdf);
  const secret = proofKey(token.secret, kdf);
  const signature = key?.sign(possession(hash)) ?? new Uint8Array(0);
  await pipe.send(encodeJoinRequest({ member, key: publicKey, signature, proof: requestProof(secret, hash, kdf) }));
  return readAnswer(await pipe.receive(), (answer) => answerProof(secret, hash, answer, kdf));
}

function readAnswer(bytes: Uint8Array, proofOf: (answer: JoinAnswer) => Uint8Array): Papers {
  const answer = decodeJoinAnswer(bytes);
  if (!answer.ok) throw new OuroborosError('EIPCP', `the inviting host's answer is ${answer.reason}`, REMOTE);
  const { response, reason } = answer.value;
  if (!sameProof(answer.value.proof, proofOf(answer.value))) throw unproven(bytes);
  if (response !== 0) throw refusal(response, reason);
  return answer.value;
}

const REMOTE = { stage: 'remote' } as const;

const refusal = (response: number, reason: string): OuroborosError =>
  new OuroborosError(errorCodeOf(response), `the inviting host refuses: ${printable(reason)}`, REMOTE);

/** An answer of somebody who did not prove to know the secret: a refusal may still say what to look for. */
function unproven(bytes: Uint8Array): OuroborosError {
  const answer = decodeJoinAnswer(bytes);
  if (answer.ok && answer.value.response !== 0) return refusal(answer.value.response, answer.value.reason);
  return new OuroborosError(
    'EAUTH',
    'who answers is not the host that made the token: it does not know the secret',
    REMOTE,
  );
}
