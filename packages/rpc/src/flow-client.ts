import { fromMs, OuroborosError, type Micros } from '@ouroboros/model';
import type {
  CancelSignal,
  Clock,
  FlowAcceptRequest,
  FlowAllocRequest,
  FlowFacts,
  FlowGrant,
  FlowJoinRequest,
  FlowService,
  ProcessAnnouncement,
} from '@ouroboros/ports';
import { Exchange } from './exchange.js';
import type { Body, Plain } from './frame.js';
import { Attachment, newConnector, type Link } from './link.js';
import type { StreamConnector } from './wire/client.js';

export interface FlowServiceOptions {
  readonly socketPath: string;
  readonly clock: Clock;
  /** Called for each attachment: what this process is and holds at that moment. */
  readonly announce: () => ProcessAnnouncement;
  /** The IRM daemon ended a flow of ours. */
  readonly onFlowDown: (flowId: number) => void;
  readonly onState?: (connected: boolean) => void;
}

/**
 * The flow service of the IRM daemon. After the daemon went away it is attached to again, for ever; meanwhile `alloc`
 * and `dealloc` reject EIRMD and `accept` waits. While it is not closed it keeps the process alive.
 */
export interface FlowServiceClient extends FlowService {
  /** Resolves when attached; EIRMD (or the daemon's refusal) when the attempt under way, or the next one, fails. */
  ready(): Promise<void>;
  close(): void;
}

export function connectFlowService(options: FlowServiceOptions): FlowServiceClient {
  return new FlowClient(options);
}

class FlowClient implements FlowServiceClient {
  private readonly attachment: Attachment;
  private connector: StreamConnector | undefined;

  constructor(private readonly options: FlowServiceOptions) {
    const { clock, onState } = options;
    this.attachment = new Attachment({ clock, onState, attach: (keep, signal) => this.attach(keep, signal) });
  }

  ready(): Promise<void> {
    return this.attachment.ready();
  }

  async alloc(request: FlowAllocRequest, signal?: CancelSignal): Promise<FlowGrant> {
    return this.grant(this.attached(), 'alloc', request, signal);
  }

  async join(request: FlowJoinRequest, signal?: CancelSignal): Promise<FlowGrant> {
    return this.grant(this.attached(), 'join', request, signal);
  }

  /** A break of the stream does not end the call: it is made again on the next one with the time that is left. */
  async accept(request: FlowAcceptRequest, signal?: CancelSignal): Promise<FlowGrant> {
    const { clock } = this.options;
    const until = request.timeoutMs > 0 ? ((clock.now() + fromMs(request.timeoutMs)) as Micros) : undefined;
    for (;;) {
      const exchange = await this.attachment.attached(until, signal);
      const timeoutMs = until === undefined ? request.timeoutMs : Math.max(1, (until - clock.now()) / 1000);
      try {
        return await this.grant(exchange, 'accept', { timeoutMs }, signal);
      } catch (error) {
        if (error !== exchange.ended || this.attachment.closed) throw error;
      }
    }
  }

  async dealloc(flowId: number, lingerMs: number): Promise<void> {
    await this.attached().call('dealloc', { flowId, lingerMs }, { reply: 'done' });
  }

  report(facts: FlowFacts): void {
    this.attachment.current?.notify('facts', facts);
  }

  close(): void {
    this.attachment.close();
    this.connector?.close();
  }

  private attached(): Exchange {
    const { current } = this.attachment;
    if (current) return current;
    throw new OuroborosError('EIRMD', `not attached to the IRM daemon at ${this.options.socketPath}`);
  }

  /** A grant that arrives after its call was cancelled is given back. */
  private async grant(exchange: Exchange, name: string, request: Plain, signal?: CancelSignal): Promise<FlowGrant> {
    const giveBack = (late: Plain): void => {
      void exchange
        .call('dealloc', { flowId: (late as FlowGrant).flowId, lingerMs: 0 }, { reply: 'done' })
        .catch(() => undefined); // It fails only when the flow, or the daemon, is gone already.
    };
    return (await exchange.call(name, request, { reply: 'grant', signal, onLate: giveBack })) as FlowGrant;
  }

  private async attach(keep: (link: Link) => void, signal: AbortSignal): Promise<Exchange> {
    this.connector ??= await newConnector(this.options.socketPath);
    const link = await this.connector.flows();
    keep(link);
    const serve = (): Promise<Body> => Promise.reject(new OuroborosError('ENOTSUP', 'a process serves no requests'));
    const exchange = new Exchange(link.stream, { serve, notice: (body) => this.notice(body) }, 'EIRMD');
    await exchange.call('announce', this.options.announce(), { reply: 'done', signal });
    return exchange;
  }

  private notice({ name, value }: Body): void {
    if (name === 'flowDown') this.options.onFlowDown((value as { readonly flowId: number }).flowId);
  }
}
