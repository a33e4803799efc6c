import {
  EnrollingMember,
  NewMember,
  type EnrollOutput,
  type MemberOffer,
  type NewMemberInput,
} from '@ouroboros/enrollment';
import type { FlowHost, PacketFlow } from '@ouroboros/flow';
import { QOS_RAW, fromHex, toHex, toOuroborosError } from '@ouroboros/model';
import type { Clock, EnrollRequest, Logger, Random, Tracer } from '@ouroboros/ports';
import { CEP_COMPONENTS, ENROLL_ID_LENGTH, type IpcpConfig } from '@ouroboros/wire';
import { converse } from './converse.js';
import { reach } from './reach.js';

export interface NewcomerParts {
  readonly flows: FlowHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** IPCP_TYPE_NUMBER of this IPCP; a layer of another type is refused. */
  readonly type: number;
}

/**
 * Enrolls with a member. `become` makes this IPCP a member with the configuration that was handed over, the extension beside it, and the flow over which it came; when it
 * rejects, the other side is told nothing, as in C. EIPCP, and what the allocation of a flow rejects with. [spec/wire-control.md §2.3]
 */
export async function enrollWith(
  { flows, clock, random, logger, type }: NewcomerParts,
  { dst, correlationId }: EnrollRequest,
  become: (config: IpcpConfig, ext: Uint8Array | undefined, flow: PacketFlow) => Promise<void>,
): Promise<void> {
  const own = { ...CEP_COMPONENTS.enrollment, address: 0 };
  const { flow } = await reach(flows, clock, { dst, own, qos: QOS_RAW });
  const machine = new NewMember(enrollmentId(correlationId, random), type);
  let enrolled = false;
  try {
    enrolled = await converse<NewMemberInput, EnrollOutput, true>(flow, machine, clock, (output, give) => {
      if (output.kind === 'start')
        void become(output.config, output.response.ext, flow).then(() => give({ kind: 'started' }), failed(give));
      return output.kind === 'done' ? true : undefined;
    });
  } finally {
    logger.log('info', 'enrollment over', { dst, id: correlationId, member: enrolled });
    await flow.dealloc();
  }
}

const failed =
  (give: (input: NewMemberInput) => void) =>
  (thrown: unknown): void =>
    give({ kind: 'start-failed', reason: toOuroborosError(thrown).message });

/** The bytes of the request are the correlation id, so that it stands in the logs of both hosts. */
function enrollmentId(correlationId: string, random: Random): Uint8Array {
  const isId = /^[0-9a-f]+$/.test(correlationId) && correlationId.length === 2 * ENROLL_ID_LENGTH;
  return isId ? fromHex(correlationId) : random.bytes(ENROLL_ID_LENGTH);
}

/** Hands the layer's configuration to a new member, over a flow on which OCEP connected the Enrollment components. EIPCP. */
export async function handOver(
  flow: PacketFlow,
  offer: Pick<MemberOffer, 'config' | 'ext' | 'refusal'>,
  clock: Clock,
  logger: Logger,
  tracer?: Tracer,
): Promise<void> {
  const machine = new EnrollingMember({ ...offer, wallNanos: () => clock.wallNanos() });
  const from = clock.now();
  await converse(flow, machine, clock, (output) => (output.kind === 'done' ? true : undefined));
  const id = toHex(machine.requestId);
  logger.log('info', 'a member enrolled', { id });
  const attributes = { 'ouroboros.layer': offer.config.layer.name };
  tracer?.span({ id, name: 'let a member enroll', role: 'far', from, to: clock.now(), attributes, error: '' });
}
