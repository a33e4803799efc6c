import { MetricSet } from '@ouroboros/metrics';
import {
  HASH_LENGTH,
  MAX_FLOWS,
  OuroborosError,
  errorCodeOf,
  fromMs,
  type IpcpState,
  type JsonObject,
  type JsonValue,
  checkName,
} from '@ouroboros/model';
import {
  sleep,
  traced,
  tracedUpcalls,
  type BootstrapRequest,
  type ChannelHost,
  type ConnectRequest,
  type DisconnectRequest,
  type EnrollRequest,
  type FlowJoined,
  type IpcpAnnouncement,
  type IpcpFlowAllocRequest,
  type IpcpFlowAllocResult,
  type IpcpFlowJoinRequest,
  type IpcpOperations,
  type IrmUpcalls,
  type LayerInfo,
  type SpanBegin,
} from '@ouroboros/ports';
import { addCommonMetrics } from './common-metrics.js';
import { Counters } from './counters.js';
import type { IpcpPorts } from './environment.js';
import type { Ipcp } from './ipcp.js';
import { COMMON_OPERATIONS, type IpcpType, type OptionalOperation } from './ipcp-type.js';
import { RibTree } from './rib-tree.js';
import type { UserFlow } from './user-flow.js';
import { UserFlowTable } from './user-flow-table.js';

/** How long a type may take to leave its layer. */
const SHUTDOWN_LIMIT_MS = 700;
const TICKET_BYTES = 16;

/** What a server is made from. */
export interface IpcpServerParts extends IpcpPorts {
  /** Where processes attach to the flows of this IPCP. */
  readonly channel: ChannelHost;
  readonly pid: number;
}

/**
 * An IPCP as the IRM daemon sees it: the operations of a type behind the checks that all types share, the life cycle
 * (boot → operational → shutdown), the table of user flows, the default reports and the RIB.
 * Platform-free: `runIpcp` gives it a daemon's ports, a simulation its own.
 */
export class IpcpServer<C> implements IpcpOperations {
  private readonly ipcp: Ipcp<C>;
  private readonly table: UserFlowTable;
  private readonly counters: Counters;
  private readonly rib: RibTree;
  private upcalls: IrmUpcalls | null = null;
  private currentState: IpcpState = 'boot';
  private currentLayer: LayerInfo | null = null;
  /** A bootstrap or enrollment is under way. */
  private joining = false;

  constructor(
    private readonly type: IpcpType<C>,
    private readonly parts: IpcpServerParts,
  ) {
    this.counters = new Counters(type.counters);
    this.table = new UserFlowTable(parts.channel, parts.clock, parts.logger, {
      agreed: (flow) => this.ipcp.flowAgreed?.(flow),
      down: (flow, reason) => this.ipcp.userFlowDown?.(flow, reason),
      upcalls: () => this.upcalls,
    });
    this.ipcp = type.create({ ...parts, users: this.table, counters: this.counters });
    this.rib = new RibTree(() => ({ info: this.info(), ...this.ipcp.rib?.() }));
  }

  get state(): IpcpState {
    return this.currentState;
  }

  get layer(): LayerInfo | null {
    return this.currentLayer;
  }

  /** Joins the server to an IRM daemon, or (null) notes that it is away. Flows and layer stay as they are. */
  attach(upcalls: IrmUpcalls | null): void {
    const { clock, name, tracer } = this.parts;
    const span = { name: 'present a flow request', attributes: placeOf(name, this.currentLayer?.name ?? '') };
    this.upcalls = upcalls && tracer ? tracedUpcalls(tracer, clock, span, upcalls) : upcalls;
  }

  /** What the IRM daemon is told at each (re-)registration. */
  announcement(): IpcpAnnouncement {
    return {
      pid: this.parts.pid,
      name: this.parts.name,
      type: this.type.name,
      rank: this.type.rank,
      onNetwork: this.type.onNetwork ?? false,
      channelPath: this.parts.channel.path ?? '',
      operations: [...COMMON_OPERATIONS, ...this.type.operations],
      state: this.currentState,
      layer: this.currentLayer,
      flows: this.table.list().map(({ flowId }) => ({ flowId })),
    };
  }

  bootstrap(request: BootstrapRequest): Promise<LayerInfo> {
    return this.join(() => {
      checkName(request.layer, 'layer');
      return this.ipcp.bootstrap(request.layer, this.type.config.parse(request.config));
    });
  }

  enroll(request: EnrollRequest): Promise<LayerInfo> {
    const enroll = (): Promise<LayerInfo> =>
      this.join(() => {
        checkName(request.dst, 'dst');
        return this.offered('enroll', this.ipcp.enroll).call(this.ipcp, request);
      });
    return this.trace(request.correlationId, 'enroll with a member', { 'ouroboros.dst': request.dst }, enroll);
  }

  async connect(request: ConnectRequest): Promise<void> {
    const connect = this.offered('connect', this.ipcp.connect);
    this.requireOperational();
    checkName(request.dst, 'dst');
    await connect.call(this.ipcp, request);
  }

  async disconnect(request: DisconnectRequest): Promise<void> {
    const disconnect = this.offered('disconnect', this.ipcp.disconnect);
    this.requireOperational();
    checkName(request.dst, 'dst');
    await disconnect.call(this.ipcp, request);
  }

  async register(hash: Uint8Array): Promise<void> {
    const register = this.offered('register', this.ipcp.register);
    this.checkHash(hash);
    await register.call(this.ipcp, hash);
  }

  async unregister(hash: Uint8Array): Promise<void> {
    const unregister = this.offered('unregister', this.ipcp.unregister);
    this.checkHash(hash);
    await unregister.call(this.ipcp, hash);
  }

  async query(hash: Uint8Array, correlationId = ''): Promise<boolean> {
    const query = this.offered('query', this.ipcp.query);
    this.checkHash(hash);
    const found = (): Promise<boolean> => query.call(this.ipcp, hash);
    return this.trace(correlationId, 'look the name up', {}, found, (has) => ({
      attributes: { 'ouroboros.found': String(has) },
    }));
  }

  async flowAlloc(request: IpcpFlowAllocRequest): Promise<IpcpFlowAllocResult> {
    const flowAlloc = this.offered('flowAlloc', this.ipcp.flowAlloc);
    const { hash, qos, data, spread } = request;
    const ask = (flow: UserFlow): Promise<IpcpFlowAllocResult> =>
      flowAlloc.call(this.ipcp, { flow, hash, qos, spread, data });
    const alloc = (): Promise<IpcpFlowAllocResult> =>
      this.newFlow(request, this.unknownYet(), ask, ({ response }) => response === 0);
    const { correlationId, flowId } = request;
    return this.trace(correlationId, 'ask the far end', { 'ouroboros.flow_id': flowId }, alloc, refusalOf);
  }

  async flowJoin(request: IpcpFlowJoinRequest): Promise<FlowJoined> {
    const flowJoin = this.offered('flowJoin', this.ipcp.flowJoin);
    const ask = (flow: UserFlow): Promise<FlowJoined> => flowJoin.call(this.ipcp, { flow, hash: request.hash });
    return this.newFlow(request, 0, ask, () => true);
  }

  flowAgreed(flowId: number, features: number): Promise<void> {
    this.table.agree(flowId, features);
    return Promise.resolve();
  }

  flowDealloc(flowId: number, lingerMs: number): Promise<void> {
    this.table.dealloc(flowId, lingerMs);
    return Promise.resolve();
  }

  async report(topic: string, args?: JsonObject | null): Promise<JsonValue> {
    const reports: Ipcp<C>['reports'] = {
      ...this.ipcp.reports,
      status: () => this.status(),
      flows: () => this.table.list().map(flowJson),
      counters: () => this.counters.toJson(),
      metrics: () => this.metrics().toJson(),
    };
    return pick(reports, topic, 'topic', 'report')(args ?? {});
  }

  async control(command: string, args: JsonObject): Promise<JsonValue> {
    return pick(this.ipcp.controls ?? {}, command, 'command', 'command')(args);
  }

  ribList(path: string): Promise<readonly string[]> {
    return this.rib.list(path);
  }

  ribRead(path: string): Promise<string> {
    return this.rib.read(path);
  }

  /** Ends all flows (far ends are told), leaves the layer, closes the channel. Done within a second; never rejects. */
  async shutdown(): Promise<void> {
    if (this.currentState === 'shutdown') return;
    this.currentState = 'shutdown';
    this.table.close();
    const limit = sleep(this.parts.clock, fromMs(SHUTDOWN_LIMIT_MS));
    try {
      await Promise.race([this.ipcp.shutdown(), limit]);
    } catch (error) {
      this.parts.logger.log('warn', 'leaving the layer failed', { error });
    }
    this.parts.channel.close();
  }

  private trace<T>(
    id: string,
    name: string,
    attributes: SpanBegin['attributes'],
    work: () => Promise<T>,
    told?: Parameters<typeof traced<T>>[4],
  ): Promise<T> {
    const { clock, name: ipcp, tracer } = this.parts;
    const layer = this.currentLayer?.name ?? '';
    const begin = { id, name, role: 'step', attributes: { ...attributes, ...placeOf(ipcp, layer) } } as const;
    return traced(tracer, clock, begin, work, told);
  }

  /** Bootstrap and enrollment: only in boot, one at a time; when it fails the IPCP is as before. */
  private async join(step: () => Promise<LayerInfo>): Promise<LayerInfo> {
    if (this.joining) throw new OuroborosError('EIPCPSTATE', 'a bootstrap or enrollment is under way');
    this.requireBoot();
    this.joining = true;
    try {
      const layer = await step();
      this.requireBoot(); // A shutdown may have begun meanwhile, and is final.
      this.currentLayer = layer;
      this.currentState = 'operational';
      this.parts.logger.log('info', 'operational', { layer: layer.name, hash: layer.hash });
      return layer;
    } finally {
      this.joining = false;
    }
  }

  private requireBoot(): void {
    if (this.currentState === 'boot') return;
    throw new OuroborosError('EIPCPSTATE', `the IPCP is ${this.currentState}; only a new one can join a layer`);
  }

  /** A flow that is there while the type is asked for it, and stays when it says yes. */
  private async newFlow<R>(
    request: IpcpFlowJoinRequest,
    features: number | null,
    ask: (flow: UserFlow) => Promise<R>,
    granted: (result: R) => boolean,
  ): Promise<R> {
    this.checkHash(request.hash);
    checkFlowId(request.flowId);
    if (request.ticket.length !== TICKET_BYTES) {
      throw new OuroborosError('EINVAL', `the ticket must have ${TICKET_BYTES} bytes`, { field: 'ticket' });
    }
    const flow = this.table.add(request, request.qos, true, features);
    try {
      const result = await ask(flow);
      if (!granted(result)) this.table.discard(flow);
      else if (!this.table.holds(flow)) await this.tooLate(flow);
      return result;
    } catch (error) {
      this.table.discard(flow);
      throw error;
    }
  }

  /** Features of a new flow; a type that is not told of them has none. */
  private unknownYet(): number | null {
    return this.type.operations.includes('flowAgreed') ? null : 0;
  }

  private offered<F>(operation: OptionalOperation, method: F | undefined): F {
    if (method && this.type.operations.includes(operation)) return method;
    throw new OuroborosError('ENOTSUP', `an IPCP of type ${this.type.name} has no operation ${operation}`);
  }

  /** The process ended the flow before the far end accepted it: the type forgets what it has just made. */
  private async tooLate(flow: UserFlow): Promise<never> {
    await this.ipcp.userFlowDown?.(flow, 'dealloc');
    throw new OuroborosError('ECANCELED', 'the flow was ended while it was being allocated');
  }

  private requireOperational(): LayerInfo {
    if (this.currentState === 'operational' && this.currentLayer) return this.currentLayer;
    throw new OuroborosError('EIPCPSTATE', `the IPCP is in state ${this.currentState}, not operational`);
  }

  private checkHash(hash: Uint8Array): void {
    const layer = this.requireOperational();
    const length = HASH_LENGTH[layer.hash];
    if (hash.length === length) return;
    throw new OuroborosError('EINVAL', `a ${layer.hash} hash has ${length} bytes, not ${hash.length}`, {
      field: 'hash',
    });
  }

  private metrics(): MetricSet {
    const { name, vitals } = this.parts;
    const { counters, currentState: state, type } = this;
    const out = new MetricSet();
    addCommonMetrics(out, { name, state, counters, traffic: type.traffic, flows: this.table.list(), vitals });
    this.ipcp.metrics?.(out);
    return out;
  }

  private status(): JsonObject {
    return {
      name: this.parts.name,
      type: this.type.name,
      pid: this.parts.pid,
      state: this.currentState,
      layer: this.currentLayer?.name ?? null,
      hash: this.currentLayer?.hash ?? null,
      flows: this.table.count,
      counters: this.counters.toJson(),
      ...this.ipcp.status?.(),
    };
  }

  private info(): Readonly<Record<string, () => string>> {
    return {
      _state: () => `${this.currentState}\n`,
      _type: () => `${this.type.name}\n`,
      _layer: () => `${this.currentLayer?.name ?? '(null)'}\n`,
    };
  }
}

const placeOf = (ipcp: string, layer: string) => ({ 'ouroboros.ipcp': ipcp, 'ouroboros.layer': layer });

const refusalOf = ({ response, reason }: IpcpFlowAllocResult) =>
  response === 0 ? {} : { error: `refused: ${reason || errorCodeOf(response)}` };

const flowJson = (flow: UserFlow): JsonObject => ({
  flowId: flow.flowId,
  correlationId: flow.correlationId,
  allocated: flow.allocated,
  features: flow.features,
  queuedRx: flow.end.queuedRx(),
  queuedTx: flow.end.queuedTx(),
});

function pick<F>(table: Readonly<Record<string, F>>, key: string, field: string, what: string): F {
  const found = Object.hasOwn(table, key) ? table[key] : undefined;
  if (found !== undefined) return found;
  const legal = Object.keys(table).sort().join(', ') || 'none';
  throw new OuroborosError('EINVAL', `no ${what} '${key.slice(0, 64)}'; legal: ${legal}`, { field });
}

function checkFlowId(flowId: number): void {
  if (Number.isInteger(flowId) && flowId >= 1 && flowId < MAX_FLOWS) return;
  throw new OuroborosError('EINVAL', `a flow id is a number from 1 to ${MAX_FLOWS - 1}`, { field: 'flowId' });
}
