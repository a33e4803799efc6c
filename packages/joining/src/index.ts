/** Invitations to a layer: the token, the proofs that come with it, and the steps of both hosts. */
export { askToJoin, type Applicant, type Papers } from './ask-to-join.js';
export {
  findInvitable,
  inviteSteps,
  joinServiceName,
  type Invitable,
  type InviteOptions,
  type InvitingHost,
} from './invite-layer.js';
export { joinSteps, type JoiningHost, type JoinOptions, type OwnPlace } from './join-layer.js';
export type { Pipe } from './pipe.js';
export { invitationId, proofKey } from './proofs.js';
export { serveJoin, type Candidate, type Invitation, type JoinDesk, type JoinService } from './serve-join.js';
export type { ShimPlace, ShimType } from './shim-place.js';
export { shellLine, takeSteps, type Step, type StepOptions, type StepReport } from './steps.js';
export {
  FINGERPRINT_LENGTH,
  formatToken,
  parseToken,
  publicText,
  SECRET_LENGTH,
  type Destination,
  type Token,
} from './token.js';
