import { createHash } from 'node:crypto';
import { EMPTY_BYTES, OuroborosError, formatTime } from '@ouroboros/model';
import { signedBy, type MemberCertificates, type Pki } from '@ouroboros/pki';
import type { Papers } from '../ask-to-join.js';
import type { Candidate, Invitation, JoinDesk } from '../serve-join.js';
import { usedText, type InvitationStore, type KeptInvitation } from './invitation-store.js';

export interface AdmissionParts {
  readonly store: InvitationStore;
  readonly pki: Pki;
  readonly members: MemberCertificates;
}

/** Looks at invitations in files, and signs with the authority's key of this host. */
export class Admission implements JoinDesk {
  constructor(private readonly parts: AdmissionParts) {}

  find(id: string): Promise<KeptInvitation | undefined> {
    return this.parts.store.find(id, this.parts.pki.nowMs);
  }

  /** Nothing is used up before all else is found good, and nothing is signed before it is used up. */
  async admit({ id }: Invitation, candidate: Candidate): Promise<Papers> {
    const { store, pki, members } = this.parts;
    const { member, key } = candidate;
    const invitation = await this.find(id);
    refuse(invitation, pki.nowMs);
    const authority = invitation.authority === '' ? null : await members.authorityOf('', invitation.authority);
    if (authority) {
      if (!candidate.proven(signedBy)) throw new OuroborosError('EAUTH', 'the key is not that of who asks');
      await members.refuseTaken(authority, member, key);
    }
    await store.use(id, member, createHash('sha256').update(key).digest('hex'), pki.nowMs);
    return authority ? members.certify(authority, member, key) : NO_PAPERS;
  }
}

const NO_PAPERS: Papers = { certificate: EMPTY_BYTES, authority: EMPTY_BYTES, revoked: EMPTY_BYTES };

/** A used one goes on: who used it may have lost the answer. */
function refuse(invitation: KeptInvitation | undefined, nowMs: number): asserts invitation is KeptInvitation {
  if (!invitation) throw new OuroborosError('EREFUSED', 'the token is unknown here');
  const { state, expiresMs } = invitation;
  if (state === 'revoked')
    throw new OuroborosError('EREFUSED', `the token was revoked on ${formatTime(invitation.atMs)}`);
  if (nowMs < expiresMs) return;
  if (state === 'used') throw new OuroborosError('EREFUSED', usedText(invitation));
  throw new OuroborosError('EREFUSED', `the token expired on ${formatTime(expiresMs)}`);
}
