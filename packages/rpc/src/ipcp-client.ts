import { OuroborosError } from '@ouroboros/model';
import { NodeClock } from '@ouroboros/node-runtime';
import type {
  Clock,
  FlowArrival,
  FlowArrivalAnswer,
  IpcpAnnouncement,
  IpcpOperations,
  IrmUpcalls,
} from '@ouroboros/ports';
import { Exchange } from './exchange.js';
import type { Body } from './frame.js';
import { Attachment, newConnector, type Link } from './link.js';
import { OPERATION_METHODS } from './operation-methods.js';
import type { StreamConnector } from './wire/client.js';

export interface IpcpOptions {
  readonly socketPath: string;
  /** Called for each registration: what this IPCP is and holds at that moment. */
  readonly announce: () => IpcpAnnouncement;
  /** What the IRM daemon may ask of us. */
  readonly operations: IpcpOperations;
  readonly onState?: (connected: boolean) => void;
  readonly clock?: Clock;
}

/**
 * The IRM daemon as an IPCP sees it. After the daemon went away the IPCP registers again, for ever; meanwhile
 * `flowArrived` rejects EIRMD and `flowGone` does nothing, because the next registration tells which flows are left.
 */
export interface IpcpClient extends IrmUpcalls {
  /** Resolves when registered; EIRMD (or the daemon's refusal) when the attempt under way, or the next one, fails. */
  ready(): Promise<void>;
  close(): void;
}

export function connectIpcp(options: IpcpOptions): IpcpClient {
  return new RegisteredIpcp(options);
}

class RegisteredIpcp implements IpcpClient {
  private readonly attachment: Attachment;
  private connector: StreamConnector | undefined;

  constructor(private readonly options: IpcpOptions) {
    const { clock = new NodeClock(), onState } = options;
    this.attachment = new Attachment({ clock, onState, attach: (keep, signal) => this.attach(keep, signal) });
  }

  ready(): Promise<void> {
    return this.attachment.ready();
  }

  async flowArrived(arrival: FlowArrival): Promise<FlowArrivalAnswer> {
    const { current } = this.attachment;
    if (!current) throw new OuroborosError('EIRMD', 'the IRM daemon is away');
    return (await current.call('flowArrived', arrival, { reply: 'flowArrivalAnswer' })) as FlowArrivalAnswer;
  }

  flowGone(flowId: number): void {
    this.attachment.current?.notify('flowGone', { flowId });
  }

  close(): void {
    this.attachment.close();
    this.connector?.close();
  }

  private async attach(keep: (link: Link) => void, signal: AbortSignal): Promise<Exchange> {
    this.connector ??= await newConnector(this.options.socketPath);
    const link = await this.connector.operations(this.options.announce());
    keep(link);
    const serve = (request: Body): Promise<Body> => this.serve(request);
    const exchange = new Exchange(link.stream, { serve, notice: () => undefined }, 'EIRMD');
    await exchange.call('open', link.session, { reply: 'done', signal });
    return exchange;
  }

  private async serve({ name, value }: Body): Promise<Body> {
    const shape = OPERATION_METHODS[name as keyof IpcpOperations];
    const operation = this.options.operations[name as keyof IpcpOperations] as (...args: unknown[]) => Promise<unknown>;
    const result = await operation.apply(this.options.operations, shape.unpack(value));
    return { name: shape.reply, value: shape.wrap(result) };
  }
}
