import { OuroborosError, fromMs, micros } from '@ouroboros/model';
import type {
  CancelSignal,
  Clock,
  FlowAcceptRequest,
  FlowAllocRequest,
  FlowFacts,
  FlowGrant,
  FlowJoinRequest,
  FlowService,
} from '@ouroboros/ports';
import type { Stream } from './stream.js';

/** What the daemon's end of a stream offers a process. */
export interface FlowLink {
  readonly stream: Stream;
  readonly service: FlowService;
}

/**
 * The flow service as a process has it, over restarts of the IRM daemon: without a daemon `alloc` and `dealloc` reject EIRMD,
 * and `accept` waits for the next one.
 */
export class SimFlowService implements FlowService {
  private link: FlowLink | null = null;
  private attaching = false;
  private waiters: (() => void)[] = [];

  constructor(private readonly clock: Clock) {}

  /** The process attaches to a daemon: calls wait for that. */
  connecting(): void {
    this.attaching = true;
  }

  connected(link: FlowLink | null): void {
    this.link = link;
    this.attaching = false;
    if (link) for (const waiter of this.waiters.splice(0)) waiter();
  }

  async alloc(request: FlowAllocRequest, signal?: CancelSignal): Promise<FlowGrant> {
    const link = this.attaching ? await this.nextLink(Infinity) : this.attached();
    return grant(link, (service, cancel) => service.alloc(request, cancel), signal);
  }

  async join(request: FlowJoinRequest, signal?: CancelSignal): Promise<FlowGrant> {
    const link = this.attaching ? await this.nextLink(Infinity) : this.attached();
    return grant(link, (service, cancel) => service.join(request, cancel), signal);
  }

  async accept(request: FlowAcceptRequest, signal?: CancelSignal): Promise<FlowGrant> {
    const until = request.timeoutMs > 0 ? this.clock.now() + fromMs(request.timeoutMs) : Infinity;
    for (;;) {
      const link = this.link?.stream.isOpen ? this.link : await this.nextLink(until);
      const timeoutMs = until === Infinity ? 0 : Math.max(1, (until - this.clock.now()) / 1000);
      try {
        return await grant(link, (service, cancel) => service.accept({ timeoutMs }, cancel), signal);
      } catch (thrown) {
        if (link.stream.isOpen || signal?.aborted) throw thrown;
      }
    }
  }

  async dealloc(flowId: number, lingerMs: number): Promise<void> {
    const { stream, service } = this.attached();
    await stream.call('daemon', () => service.dealloc(flowId, lingerMs));
  }

  report(facts: FlowFacts): void {
    if (!this.link?.stream.isOpen) return;
    const { stream, service } = this.link;
    stream.send('daemon', () => service.report(facts));
  }

  private attached(): FlowLink {
    if (this.link?.stream.isOpen) return this.link;
    throw new OuroborosError('EIRMD', 'not attached to the IRM daemon');
  }

  private nextLink(until: number): Promise<FlowLink> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new OuroborosError('ETIMEDOUT', 'no flow request in time', { stage: 'time' }));
      const cancel = until === Infinity ? () => undefined : this.clock.at(micros(until), late);
      this.waiters.push(() => {
        cancel();
        if (this.link) resolve(this.link);
      });
    });
  }
}

/** A signal that crosses the stream. */
class RemoteSignal implements CancelSignal {
  aborted = false;
  reason: unknown = undefined;
  private readonly listeners = new Set<() => void>();

  abort(): void {
    this.aborted = true;
    this.reason = new OuroborosError('ECANCELED', 'the caller gave up');
    for (const listener of [...this.listeners]) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }
}

type Ask = (service: FlowService, cancel: CancelSignal) => Promise<FlowGrant>;

/** A grant that arrives after its call was cancelled is given back. */
function grant({ stream, service }: FlowLink, ask: Ask, signal?: CancelSignal): Promise<FlowGrant> {
  const remote = new RemoteSignal();
  const granted = stream.call('daemon', () => ask(service, remote));
  if (!signal) return granted;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      stream.send('daemon', () => remote.abort());
      reject(signal.reason as Error);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    granted.then(
      (value) => {
        signal.removeEventListener('abort', abort);
        if (!signal.aborted) return resolve(value);
        stream.send('daemon', () => void service.dealloc(value.flowId, 0).catch(() => undefined));
      },
      (thrown: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(thrown as Error);
      },
    );
  });
}
