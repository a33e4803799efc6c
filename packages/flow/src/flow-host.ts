import { MAX_FLOWS, NEVER, OuroborosError, fromMs, toOuroborosError, type Micros, checkName } from '@ouroboros/model';
import type {
  CancelSignal,
  ChannelHost,
  Clock,
  CryptoSuite,
  FlowAcceptRequest,
  FlowAllocRequest,
  FlowCrypto,
  FlowEnd,
  FlowGrant,
  FlowJoinRequest,
  FlowService,
  HeldFlow,
  Logger,
  Random,
} from '@ouroboros/ports';
import { attachSoon } from './attach.js';
import { checkInteger, checkQos } from './check-qos.js';
import { checkFlowBuffer } from './flow-buffer.js';
import { FlowReports } from './flow-reports.js';
import { PacketFlow, type PacketFlowHost, type PacketFlowRole } from './packet-flow.js';

export interface FlowHostPorts {
  readonly service: FlowService;
  readonly channels: ChannelHost;
  readonly clock: Clock;
  readonly random: Random;
  /** Loads the cryptography; called when a flow is encrypted. */
  readonly crypto: () => Promise<CryptoSuite>;
  readonly logger: Logger;
  /**
   * Bytes that a flow with FRCP keeps in each direction until the other process has taken them: from 16 KiB to 256 MiB.
   * Default: FRCP_BUFFER_BYTES, 4 MiB.
   */
  readonly bufferBytes?: number;
}

/** A flow from its grant to its deallocation. */
interface Entry {
  readonly held: HeldFlow;
  flow: PacketFlow | null;
  /** The IRM daemon said that the flow is gone. */
  gone: boolean;
}

const MAX_TIMEOUT_MS = 0xffffffff;

/**
 * All flows of one process. Asks the IRM daemon for flows, joins their channel, and knows which flows are held, so that
 * a restarted IRM daemon can be told.
 */
export class FlowHost implements PacketFlowHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly bufferBytes: number | undefined;
  private readonly entries = new Map<number, Entry>();
  private readonly reports: FlowReports;
  private unanswered = 0;
  private closed = false;

  /** EINVAL. */
  constructor(private readonly ports: FlowHostPorts) {
    this.bufferBytes = checkFlowBuffer(ports.bufferBytes);
    this.clock = ports.clock;
    this.random = ports.random;
    this.reports = new FlowReports(ports.clock, (facts) => ports.service.report(facts));
  }

  /**
   * Asks for a flow to `name`. EINVAL; what FlowService.alloc rejects with; EPERM, EPIPE or ENOANSWER when the other process did not keep what the grant promised.
   */
  async alloc(request: FlowAllocRequest, signal?: CancelSignal): Promise<PacketFlow> {
    checkName(request.name, 'name');
    checkQos(request.qos);
    checkInteger('timeoutMs', request.timeoutMs, MAX_TIMEOUT_MS);
    const grant = await this.ask(() => this.ports.service.alloc(request, signal), signal);
    return this.open(grant, { initiator: true }, signal);
  }

  /** Joins a broadcast layer. EINVAL, and what FlowService.join rejects with. */
  async join(request: FlowJoinRequest, signal?: CancelSignal): Promise<PacketFlow> {
    checkName(request.name, 'name');
    checkInteger('timeoutMs', request.timeoutMs, MAX_TIMEOUT_MS);
    const grant = await this.ask(() => this.ports.service.join(request, signal), signal);
    return this.open(grant, { initiator: true }, signal);
  }

  /**
   * Waits for a flow to a name that this process is bound to. Flows that are gone before they begin are given back and logged: they are no fault of the caller. ETIMEDOUT, EINVAL, EIRMD.
   */
  async accept(request: FlowAcceptRequest, signal?: CancelSignal): Promise<PacketFlow> {
    checkInteger('timeoutMs', request.timeoutMs, MAX_TIMEOUT_MS);
    const limit = request.timeoutMs === 0 ? NEVER : ((this.clock.now() + fromMs(request.timeoutMs)) as Micros);
    for (;;) {
      const timeoutMs = limit === NEVER ? 0 : this.msUntil(limit);
      const grant = await this.ask(() => this.ports.service.accept({ timeoutMs }, signal), signal);
      const flow = await this.openAccepted(grant, signal);
      if (flow !== undefined) return flow;
    }
  }

  /** The IRM daemon's notice that a flow is gone. */
  flowDown(flowId: number): void {
    if (this.entries.has(flowId)) return this.markGone(flowId);
    // The notice can overtake the grant, which takes its way through a promise: look again when that has run.
    if (this.unanswered > 0) this.clock.at(this.clock.now(), () => this.markGone(flowId));
  }

  /** The flows of this process, for its announcement to an IRM daemon. */
  held(): HeldFlow[] {
    this.reports.tellAgain();
    return [...this.entries.values()].map((entry) => entry.held);
  }

  /** True while a flow is held or a call waits for one. */
  get busy(): boolean {
    return this.entries.size > 0 || this.unanswered > 0;
  }

  /**
   * Deallocates all flows and closes the channel host; later calls reject with ECANCELED. Who was granted a flow and has not
   * attached to it yet is waited for some seconds.
   */
  async close(): Promise<void> {
    this.closed = true;
    const flows = [...this.entries.values()].flatMap((entry) => (entry.flow === null ? [] : [entry.flow]));
    await Promise.all(flows.map((flow) => flow.dealloc()));
    await this.ports.channels.settled();
    this.ports.channels.close();
  }

  /** Called by a flow when it is deallocated. The flow is free here whatever becomes of the message. */
  async release(flow: PacketFlow, lingerMs: number): Promise<void> {
    this.reports.delete(flow);
    const entry = this.entries.get(flow.flowId);
    if (entry?.flow === flow) await this.giveBack(entry, lingerMs);
  }

  /** A call that was aborted rejects with the signal's reason, as everywhere in this package. */
  private async ask(call: () => Promise<FlowGrant>, signal?: CancelSignal): Promise<FlowGrant> {
    if (this.closed) throw new OuroborosError('ECANCELED', 'the flow host is closed');
    this.unanswered += 1;
    try {
      return await call();
    } catch (thrown) {
      throw signal?.aborted ? signal.reason : thrown;
    } finally {
      this.unanswered -= 1;
    }
  }

  private async openAccepted(grant: FlowGrant, signal?: CancelSignal): Promise<PacketFlow | undefined> {
    try {
      return await this.open(grant, { initiator: false }, signal);
    } catch (thrown) {
      if (signal?.aborted || this.closed) throw thrown;
      const { code, message } = toOuroborosError(thrown);
      this.log('warn', 'an accepted flow was given back', grant, { code, reason: message });
      return undefined;
    }
  }

  private async open(
    grant: FlowGrant,
    role: Omit<PacketFlowRole, 'crypto'>,
    signal?: CancelSignal,
  ): Promise<PacketFlow> {
    const entry = this.enter(grant, role.initiator);
    try {
      const crypto = grant.crypto === null ? null : await this.ports.crypto();
      const end = await this.endOf(grant, entry, signal);
      if (signal?.aborted || this.closed) {
        end.close();
        throw signal?.aborted ? signal.reason : new OuroborosError('ECANCELED', 'the flow host is closed');
      }
      entry.flow = this.flowOn(end, grant, { ...role, crypto });
      this.reports.add(entry.flow);
      if (entry.gone) entry.flow.ended();
      return entry.flow;
    } catch (thrown) {
      await this.giveBack(entry);
      throw thrown;
    } finally {
      grant.crypto?.secret.fill(0);
    }
  }

  private flowOn(end: FlowEnd, grant: FlowGrant, role: PacketFlowRole): PacketFlow {
    try {
      return new PacketFlow(grant, end, this, role);
    } catch (thrown) {
      end.close();
      throw thrown;
    }
  }

  private enter(grant: FlowGrant, allocated: boolean): Entry {
    if (grant.flowId < 1 || grant.flowId >= MAX_FLOWS) {
      throw new OuroborosError('EIRMD', `the IRM daemon granted flow id ${grant.flowId}`);
    }
    // An id that is given again belongs to the new flow; the old one is gone and must not end the new one.
    this.markGone(grant.flowId);
    const { flowId, name, layer, correlationId, qos, mplMs, features } = grant;
    const crypto = grant.crypto ? shown(grant.crypto) : undefined;
    const held = { flowId, name, layer, correlationId, qos, mplMs, features, allocated, crypto };
    const entry: Entry = { held, flow: null, gone: false };
    this.entries.set(flowId, entry);
    return entry;
  }

  /** The side without a path owns the channel and must expect its ticket before the other side can come. */
  private async endOf({ channel, layer, name }: FlowGrant, entry: Entry, signal?: CancelSignal): Promise<FlowEnd> {
    if (channel.path === '') return this.ports.channels.expect(channel.ticket, { uid: channel.uid });
    try {
      return await attachSoon(this.ports.channels, this.clock, channel, () => entry.gone, signal);
    } catch (thrown) {
      // The process behind a direct flow is the one that serves the name, and a layer would say this of it.
      if (layer !== '' || toOuroborosError(thrown).code !== 'ETIMEDOUT') throw thrown;
      throw new OuroborosError('ENOANSWER', `the process that serves ${name} does not answer`, {
        stage: 'accept',
        cause: thrown,
      });
    }
  }

  private async giveBack(entry: Entry, lingerMs = 0): Promise<void> {
    const { flowId } = entry.held;
    if (this.entries.get(flowId) !== entry) return;
    this.entries.delete(flowId);
    try {
      await this.ports.service.dealloc(flowId, lingerMs);
    } catch (thrown) {
      this.log('debug', 'the IRM daemon did not take a flow back', entry.held, { reason: String(thrown) });
    }
  }

  private markGone(flowId: number): void {
    const entry = this.entries.get(flowId);
    if (!entry) return;
    entry.gone = true;
    entry.flow?.ended();
  }

  private msUntil(limit: Micros): number {
    const left = Math.ceil((limit - this.clock.now()) / 1000);
    if (left > 0) return left;
    throw new OuroborosError('ETIMEDOUT', 'no flow request in time', { stage: 'accept' });
  }

  private log(
    level: 'debug' | 'warn',
    message: string,
    flow: { readonly flowId: number; readonly name: string; readonly correlationId: string },
    fields: Record<string, unknown>,
  ): void {
    const { flowId, name, correlationId } = flow;
    this.ports.logger.log(level, message, { id: correlationId, flowId, name, ...fields });
  }
}

/** Everything but the key. */
const shown = ({ profile, cipher, kex, peer }: FlowCrypto): HeldFlow['crypto'] => ({ profile, cipher, kex, peer });
