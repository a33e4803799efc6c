import { OuroborosError } from '@ouroboros/model';
import { OtlpTracer } from '@ouroboros/node-runtime';
import {
  traced,
  tracedUpcalls,
  type CancelSignal,
  type Clock,
  type FlowAllocRequest,
  type FlowGrant,
  type FlowService,
  type IpcpOperations,
  type Logger,
  type Tracer,
} from '@ouroboros/ports';
import type { IpcpSession, ProcessSession } from '@ouroboros/rpc';
import { wrappedSession } from '../wrapped-session.js';

export interface TracesParts {
  /** Empty = nothing is traced. */
  readonly endpoint: string;
  readonly runtimeDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What irmd tells of flow allocations and enrollments, where the configuration names a collector. */
export class Traces {
  private readonly tracer: OtlpTracer | undefined;

  constructor(private readonly parts: TracesParts) {
    this.tracer = parts.endpoint === '' ? undefined : new OtlpTracer({ ...parts, service: 'irmd', instance: '' });
  }

  /** The session of a process, with its allocations traced: each is the root of its trace. */
  process(session: ProcessSession): ProcessSession {
    const { tracer } = this;
    const { clock } = this.parts;
    return tracer ? wrappedSession(session, (service) => tracedAllocations(tracer, clock, service)) : session;
  }

  /** The session of an IPCP, with what it is asked to do for flows and to join a layer traced, and the flows that arrive. */
  ipcp(session: IpcpSession): IpcpSession {
    const { tracer } = this;
    const { clock } = this.parts;
    if (!tracer) return session;
    const { name } = session.announcement;
    const operations = tracedOperations(tracer, clock, name, session.operations);
    const span = { name: 'accept a flow', attributes: { 'ouroboros.ipcp': name } };
    const serve: IpcpSession['serve'] = (upcalls) => session.serve(tracedUpcalls(tracer, clock, span, upcalls));
    const { caller, announcement } = session;
    const onClose: IpcpSession['onClose'] = (callback) => session.onClose(callback);
    return { caller, announcement, operations, serve, onClose, close: () => session.close() };
  }

  /** Sends what is not sent yet. */
  async close(): Promise<void> {
    await this.tracer?.flush();
  }
}

/** Which trace an allocation is, only its end tells. */
function tracedAllocations(tracer: Tracer, clock: Clock, service: FlowService): FlowService {
  const alloc = async (request: FlowAllocRequest, signal?: CancelSignal): Promise<FlowGrant> => {
    const from = clock.now();
    const end = (id: string, attributes: Record<string, string | number>, error: string): void =>
      tracer.span({
        ...{ id, name: 'allocate a flow', role: 'root', from, to: clock.now(), error },
        attributes: { 'ouroboros.name': request.name, ...attributes },
      });
    try {
      const grant = await service.alloc(request, signal);
      const { correlationId, flowId, layer } = grant;
      end(correlationId, { 'ouroboros.flow_id': flowId, 'ouroboros.layer': layer }, '');
      return grant;
    } catch (thrown) {
      if (thrown instanceof OuroborosError) {
        const { code, correlationId = '', message, stage = '' } = thrown;
        end(correlationId, { 'ouroboros.code': code, 'ouroboros.stage': stage }, message);
      }
      throw thrown;
    }
  };
  return { ...service, alloc };
}

function tracedOperations(tracer: Tracer, clock: Clock, ipcp: string, operations: IpcpOperations): IpcpOperations {
  const attributes = { 'ouroboros.ipcp': ipcp };
  return {
    ...operations,
    flowAlloc: (request) => {
      const begin = { id: request.correlationId, name: 'ask a layer', role: 'step', attributes } as const;
      return traced(tracer, clock, begin, () => operations.flowAlloc(request));
    },
    enroll: (request) => {
      const known = { ...attributes, 'ouroboros.dst': request.dst };
      const begin = { id: request.correlationId, name: 'enroll', role: 'root', attributes: known } as const;
      return traced(tracer, clock, begin, () => operations.enroll(request));
    },
  };
}
