import type { JsonObject } from '@ouroboros/model';
import type { KeptInvitation, StepReport } from '@ouroboros/joining/node';

/** The shapes of `irm invite --json` and `irm join --json`, described in JSON.md. */
export const stepJson = ({ command, state }: StepReport): JsonObject => ({ command, state });

export const invitationJson = (one: KeptInvitation): JsonObject => ({
  id: one.id,
  layer: one.layer,
  authority: one.authority || null,
  state: one.state,
  created: new Date(one.createdMs).toISOString(),
  expires: new Date(one.expiresMs).toISOString(),
  usedBy: one.state === 'used' ? one.member : null,
  changed: one.state === 'used' || one.state === 'revoked' ? new Date(one.atMs).toISOString() : null,
});
