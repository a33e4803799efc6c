import { OcepInitiator, type ComponentRecord } from '@ouroboros/enrollment';
import type { FlowHost, PacketFlow } from '@ouroboros/flow';
import type { QosSpec } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import type { Cep } from '@ouroboros/wire';
import { converse } from './converse.js';

/** irmd's own limit for a connect is 20 s; the flow must not take it all. */
const ALLOC_TIMEOUT_MS = 5000;

/** A flow on which OCEP has exchanged the records of two components. Whoever has it owns the flow. */
export interface Established {
  readonly flow: PacketFlow;
  readonly peer: Cep;
}

export interface ReachRequest {
  /** Name of the member. */
  readonly dst: string;
  readonly own: ComponentRecord;
  readonly qos: QosSpec;
  readonly timeoutMs?: number;
}

/** Connects a component of this member with its counterpart. EIPCP, and what the allocation of a flow rejects with. */
export async function reach(flows: FlowHost, clock: Clock, request: ReachRequest): Promise<Established> {
  const { dst: name, own, qos, timeoutMs = ALLOC_TIMEOUT_MS } = request;
  const flow = await flows.alloc({ name, qos, timeoutMs });
  try {
    const peer = await converse(flow, new OcepInitiator(own), clock, (output) =>
      output.kind === 'done' ? output.peer : undefined,
    );
    return { flow, peer };
  } catch (error) {
    await flow.dealloc();
    throw error;
  }
}
