import type { PacketFlow } from '@ouroboros/flow';
import { OuroborosError, type ErrorCode } from '@ouroboros/model';
import type { Logger } from '@ouroboros/ports';

/** What a layer with authenticated members demands of a flow to another one. */
export interface MemberDemand {
  /** Whose link state must be signed as ours is: then C cannot be a member. */
  readonly ownOnly: boolean;
  /** The address of the member of that name; undefined in a layer without addresses. */
  addressOf(name: string): number | undefined;
}

/** @throws OuroborosError EAUTH: who is at the other end did not show a certificate that holds, or not that of the address */
export function checkMember(demand: MemberDemand | null | undefined, flow: PacketFlow, address?: number): void {
  if (!demand) return;
  const fault = memberFault(demand, flow, address);
  if (fault !== undefined) throw new OuroborosError('EAUTH', `the layer demands authenticated members: ${fault}`);
}

/** What a new member is refused with; undefined: it is not. */
export function refusalOf(
  demand: MemberDemand | null | undefined,
  flow: PacketFlow,
  logger: Logger,
): ErrorCode | undefined {
  const fault = demand ? memberFault(demand, flow) : undefined;
  if (fault === undefined) return undefined;
  logger.log('warn', 'who connects is no member of this layer', { id: flow.correlationId, reason: fault });
  return 'EAUTH';
}

/** Why the other end cannot be a member; undefined: it can. `address`: what it gives as its own, 0 for none. */
function memberFault({ ownOnly, addressOf }: MemberDemand, flow: PacketFlow, address = 0): string | undefined {
  const { crypto } = flow;
  if (crypto === null) return 'the flow is not encrypted, so nobody is authenticated';
  if (crypto.peer === '') return 'the other end shows no certificate';
  if (ownOnly && crypto.profile !== 'o7s')
    return `${crypto.peer} is not ours: Ouroboros C does not sign its link state`;
  const expected = address === 0 ? undefined : addressOf(crypto.peer);
  return expected === undefined || expected === address
    ? undefined
    : `${crypto.peer} gives the address ${address}, which is not its own`;
}
