import { errorCodeOf, toOuroborosError, type Micros } from '@ouroboros/model';
import type { Clock } from './clock.js';
import type { IrmUpcalls } from './ipcp-service.js';

/** A step of a flow allocation or enrollment, as one daemon saw it. */
export interface Span {
  /** Correlation id of the allocation or enrollment, 16 hex digits: the trace that the step is part of, on all hosts. */
  readonly id: string;
  readonly name: string;
  /** `root`: what all other steps of the trace are part of. `far`: at the host that was asked. */
  readonly role: 'root' | 'step' | 'far';
  /** On this daemon's monotonic clock. */
  readonly from: Micros;
  readonly to: Micros;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Why it failed; empty = it did not. */
  readonly error: string;
}

/** Takes spans where traces are wanted. */
export interface Tracer {
  span(span: Span): void;
}

export type SpanBegin = Omit<Span, 'from' | 'to' | 'error'>;

/** Does the work, and traces how long it took and whether it failed. `told`: what the result says for the span. */
export async function traced<T>(
  tracer: Tracer | undefined,
  clock: Pick<Clock, 'now'>,
  begin: SpanBegin,
  work: () => Promise<T>,
  told: (result: T) => Partial<Pick<Span, 'attributes' | 'error'>> = () => ({}),
): Promise<T> {
  if (!tracer) return work();
  const from = clock.now();
  const end = ({ attributes, error = '' }: Partial<Pick<Span, 'attributes' | 'error'>>): void =>
    tracer.span({ ...begin, from, to: clock.now(), attributes: { ...begin.attributes, ...attributes }, error });
  try {
    const result = await work();
    end(told(result));
    return result;
  } catch (thrown) {
    const { code, message } = toOuroborosError(thrown);
    end({ error: `${code}: ${message}` });
    throw thrown;
  }
}

/** The same upcalls; each flow that arrives is a step at the host that was asked, whose trace its answer tells. */
export function tracedUpcalls(
  tracer: Tracer,
  clock: Pick<Clock, 'now'>,
  { name, attributes }: Pick<SpanBegin, 'name' | 'attributes'>,
  upcalls: IrmUpcalls,
): IrmUpcalls {
  return {
    flowArrived: async (arrival) => {
      const from = clock.now();
      const answer = await upcalls.flowArrived(arrival);
      const { correlationId: id, response, flowId } = answer;
      const error = response === 0 ? '' : `refused: ${errorCodeOf(response)}`;
      const known = { ...attributes, 'ouroboros.flow_id': flowId };
      tracer.span({ id, name, role: 'far', from, to: clock.now(), attributes: known, error });
      return answer;
    },
    flowGone: (flowId) => upcalls.flowGone(flowId),
  };
}
