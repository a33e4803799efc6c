import { errorNumber, fromMs, toOuroborosError, type Micros, type QosSpec } from '@ouroboros/model';
import type { ChannelHost, Clock, FlowArrivalAnswer, FlowEnd, IrmUpcalls, Logger } from '@ouroboros/ports';
import type { ArrivalResult, UserArrival, UserDownReason, UserFlow, UserFlows } from './user-flow.js';

/** What the table needs of its server. */
export interface UserFlowHooks {
  /** What both ends of a flow agreed is known now. */
  agreed(flow: UserFlow): void;
  /** The process or the IRM daemon ended a flow: tell the type. */
  down(flow: UserFlow, reason: UserDownReason): Promise<void> | void;
  /** Where the IRM daemon is at the moment; null while it is away. */
  upcalls(): IrmUpcalls | null;
}

/** What the IRM daemon grants a local process for one flow. */
export interface UserGrant {
  readonly flowId: number;
  readonly ticket: Uint8Array;
  readonly uid: number;
  readonly correlationId: string;
}

interface HeldFlow extends UserFlow {
  features: number;
  /** What both ends agreed is still to be told. */
  unagreed: boolean;
  /** The process ended the flow before that. */
  ended: UserDownReason | null;
  readonly since: Micros;
}

/**
 * A process attaches some milliseconds after its flow was granted, and an end that is closed can't be attached to. So a
 * flow that ended younger than this keeps its end until then, if there is something to read.
 */
const ATTACH_GRACE_MS = 250;

/** Flows that an IPCP holds for processes of its host: flow id ↔ flow end, and who ended what. */
export class UserFlowTable implements UserFlows {
  private readonly flows = new Map<number, HeldFlow>();
  /** Flows that the IRM daemon has taken back, but that stay for the end-to-end protocol: cancels the timer. */
  private readonly lingering = new Map<number, () => void>();
  private closed = false;

  constructor(
    private readonly channel: ChannelHost,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly hooks: UserFlowHooks,
  ) {}

  get count(): number {
    return this.flows.size;
  }

  list(): readonly UserFlow[] {
    return [...this.flows.values()];
  }

  get(flowId: number): UserFlow | undefined {
    return this.flows.get(flowId);
  }

  holds(flow: UserFlow): boolean {
    return this.flows.get(flow.flowId) === flow;
  }

  /**
   * Makes the flow end for a granted flow. A flow of the same number is dead: the IRM daemon, which owns the numbers,
   * has forgotten it. `features`: what both ends agreed, or null when the IRM daemon is to tell by `agree`. A process can be faster
   * and end its flow first; that waits for the word, as the far end is told of it or not by what was agreed.
   */
  add(grant: UserGrant, qos: QosSpec, allocated: boolean, features: number | null): UserFlow {
    this.dealloc(grant.flowId, 0);
    const end = this.channel.expect(grant.ticket, { uid: grant.uid });
    const { flowId, correlationId } = grant;
    const agreed = { features: features ?? 0, unagreed: features === null, ended: null };
    const flow: HeldFlow = { flowId, end, qos, correlationId, allocated, ...agreed, since: this.clock.now() };
    end.onDown = (reason): void => {
      if (this.lingering.has(flowId) || reason === 'closed') return;
      if (flow.unagreed) flow.ended = reason;
      else this.takeDown(flow, reason);
    };
    this.flows.set(flowId, flow);
    return flow;
  }

  async arrive(arrival: UserArrival): Promise<ArrivalResult> {
    const upcalls = this.hooks.upcalls();
    if (!upcalls || this.closed) return refused(-errorNumber('EIRMD'));
    let answer: FlowArrivalAnswer;
    try {
      answer = await upcalls.flowArrived({ lacking: '', ...arrival });
    } catch (error) {
      this.logger.log('warn', 'the IRM daemon did not answer a flow request', { error });
      return refused(-errorNumber('EIRMD'));
    }
    if (answer.response !== 0) return refused(answer.response, answer.data);
    if (this.closed) return refused(-errorNumber('EIPCPSTATE'));
    try {
      return { accepted: true, flow: this.add(answer, arrival.qos, false, answer.features), data: answer.data };
    } catch (error) {
      this.logger.log('error', 'a flow that was accepted has no place here', { error, flowId: answer.flowId });
      upcalls.flowGone(answer.flowId);
      return refused(-errorNumber(toOuroborosError(error).code));
    }
  }

  agree(flowId: number, features: number): void {
    const flow = this.flows.get(flowId);
    if (!flow) return;
    flow.features = features;
    flow.unagreed = false;
    this.hooks.agreed(flow);
    if (flow.ended !== null) this.takeDown(flow, flow.ended);
  }

  end(flow: UserFlow): void {
    const held = this.flows.get(flow.flowId);
    if (!held || !this.forget(flow)) return;
    const attached = (held.since + fromMs(ATTACH_GRACE_MS)) as Micros;
    flow.end.flush();
    if (flow.end.queuedTx() === 0 || attached <= this.clock.now()) flow.end.close();
    else this.clock.at(attached, () => flow.end.close());
    this.hooks.upcalls()?.flowGone(flow.flowId);
  }

  /** Frees a flow whose allocation failed; nobody is told. */
  discard(flow: UserFlow): void {
    if (this.forget(flow)) flow.end.close();
  }

  /** The IRM daemon takes a flow back, `lingerMs` from now. Unknown flows have ended before: nothing to do. */
  dealloc(flowId: number, lingerMs: number): void {
    const flow = this.flows.get(flowId);
    if (!flow) return;
    this.lingering.get(flowId)?.();
    this.lingering.delete(flowId);
    if (lingerMs <= 0) return this.takeDown(flow, 'dealloc');
    const at = (this.clock.now() + fromMs(lingerMs)) as Micros;
    this.lingering.set(
      flowId,
      this.clock.at(at, () => this.takeDown(flow, 'dealloc')),
    );
  }

  /** Ends all flows, as the IRM daemon would, and takes no more. */
  close(): void {
    this.closed = true;
    for (const flow of this.flows.values()) this.takeDown(flow, 'dealloc');
  }

  private takeDown(flow: UserFlow, reason: UserDownReason): void {
    if (!this.holds(flow)) return;
    drain(flow.end);
    if (!this.forget(flow)) return;
    const done = this.hooks.down(flow, reason);
    if (done === undefined) return flow.end.close();
    const failed = (error: unknown): void => this.logger.log('warn', 'ending a flow failed', { error });
    void done.catch(failed).finally(() => flow.end.close());
  }

  private forget(flow: UserFlow): boolean {
    if (!this.holds(flow)) return false;
    this.flows.delete(flow.flowId);
    this.lingering.get(flow.flowId)?.();
    this.lingering.delete(flow.flowId);
    flow.end.onDown = null;
    return true;
  }
}

/** Offers what is queued to the type's own reader until it takes no more: what was written before the end counts. */
function drain(end: FlowEnd): void {
  for (let queued = end.queuedRx(); end.onReadable && queued > 0;) {
    end.onReadable();
    const left = end.queuedRx();
    if (left >= queued) return;
    queued = left;
  }
}

const NO_DATA: Uint8Array = new Uint8Array(0);
const refused = (response: number, data: Uint8Array = NO_DATA): ArrivalResult => ({ accepted: false, response, data });
