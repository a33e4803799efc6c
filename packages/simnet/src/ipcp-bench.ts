import { IpcpServer, type IpcpType } from '@ouroboros/ipcp-kit';
import {
  OuroborosError,
  QOS_RAW,
  errorNumber,
  toHex,
  type JsonObject,
  type JsonValue,
  type QosSpec,
  utf8Bytes,
} from '@ouroboros/model';
import {
  SILENT,
  type ChannelHost,
  type Clock,
  type DatagramNetwork,
  type EthernetNetwork,
  type FlowArrival,
  type FlowArrivalAnswer,
  type FlowEnd,
  type Hash,
  type HostResolver,
  type IpcpFlowAllocResult,
  type Random,
} from '@ouroboros/ports';
import { MemoryStore } from './memory-store.js';

/** What a bench host is made from; most of it the same for all hosts of a run. */
export interface BenchPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly datagrams: DatagramNetwork;
  readonly ethernet: EthernetNetwork;
  readonly resolver?: HostResolver;
  /** A channel host of the run's memory, listening at `path`. */
  channels(path: string): ChannelHost;
}

export interface BenchAnswer {
  readonly response: number;
  readonly data?: Uint8Array;
  readonly features?: number;
}

export interface BenchAlloc {
  readonly data?: Uint8Array;
  readonly features?: number;
  readonly qos?: QosSpec;
}

/** A flow as the process of a bench host has it. */
export interface BenchFlow {
  readonly flowId: number;
  readonly end: FlowEnd;
  readonly result: IpcpFlowAllocResult;
}

/** User of the processes on a bench. */
export const BENCH_UID = 1000;
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * One host on a test bench: an IPCP behind its real server, one process with a channel host, and in place of the IRM daemon
 * the few lines that flow allocation needs. Specs of IPCP types and the conformance suite share it.
 */
export class BenchHost<C> {
  readonly server: IpcpServer<C>;
  readonly process: ChannelHost;
  /** Flow requests presented, flows reported gone, and flow ends accepted by the process. */
  readonly arrivals: FlowArrival[] = [];
  readonly gone: number[] = [];
  readonly accepted: { readonly flowId: number; readonly end: FlowEnd }[] = [];
  /** Flows that had ended before the process attached. */
  missed = 0;
  /** How the process answers a request for a name that it serves. */
  answer: (arrival: FlowArrival) => Promise<BenchAnswer> | BenchAnswer = () => ({ response: 0 });
  private readonly served = new Set<string>();
  private readonly channel: ChannelHost;
  private lastFlow = 0;

  constructor(
    readonly type: IpcpType<C>,
    readonly name: string,
    private readonly ports: BenchPorts,
  ) {
    const { clock, random, hash, datagrams, ethernet } = ports;
    this.channel = ports.channels(`${name}/ipcp`);
    this.process = ports.channels(`${name}/process`);
    this.server = new IpcpServer(type, {
      name,
      pid: 1,
      clock,
      random,
      hash,
      datagrams,
      ethernet,
      logger: SILENT,
      resolver: ports.resolver ?? { resolve: () => Promise.resolve(undefined) },
      store: new MemoryStore(),
      flows: null,
      channel: this.channel,
    });
    this.connectIrm();
  }

  /** As the IRM daemon comes (back). */
  connectIrm(): void {
    this.server.attach({
      flowArrived: (arrival) => this.flowArrived(arrival),
      flowGone: (flowId) => void this.gone.push(flowId),
    });
  }

  bootstrap(config: JsonObject, layer = 'layer'): Promise<unknown> {
    return this.server.bootstrap({ layer, config });
  }

  hashOf(name: string): Uint8Array {
    const { layer } = this.server;
    if (!layer) throw new OuroborosError('EIPCPSTATE', 'bootstrap first');
    return this.ports.hash.digest(layer.hash, utf8Bytes(name));
  }

  /** Serves and registers a name. */
  async serve(name: string): Promise<void> {
    this.served.add(toHex(this.hashOf(name)));
    await this.server.register(this.hashOf(name));
  }

  /** Asks for a flow and attaches to it; rejects with EREFUSED and the response number when it is refused. */
  async alloc(name: string, options: BenchAlloc = {}): Promise<BenchFlow> {
    const { data = NOTHING, features = 0, qos = QOS_RAW } = options;
    const flowId = this.nextFlow();
    const ticket = this.ports.random.bytes(16);
    const hash = this.hashOf(name);
    const request = {
      flowId,
      hash,
      qos,
      spread: '' as const,
      data,
      ticket,
      uid: BENCH_UID,
      correlationId: '0000000000000000',
    };
    const result = await this.server.flowAlloc(request);
    if (result.response !== 0) throw new OuroborosError('EREFUSED', String(result.response));
    await this.server.flowAgreed(flowId, features);
    return { flowId, result, end: await this.process.attach(this.channel.path ?? '', ticket) };
  }

  status(): Promise<JsonValue> {
    return this.server.report('status');
  }

  async counter(name: string): Promise<number> {
    return Number(((await this.server.report('counters')) as JsonObject)[name]);
  }

  private async flowArrived(arrival: FlowArrival): Promise<FlowArrivalAnswer> {
    this.arrivals.push(arrival);
    const known = this.served.has(toHex(arrival.hash));
    const answer: BenchAnswer = known ? await this.answer(arrival) : { response: -errorNumber('ENAME') };
    const { response, data = NOTHING, features = 0 } = answer;
    const flowId = response === 0 ? this.nextFlow() : 0;
    const ticket = this.ports.random.bytes(16);
    if (response === 0) this.attachSoon(flowId, ticket);
    return { response, data, flowId, ticket, uid: BENCH_UID, features, correlationId: '0000000000000000' };
  }

  /** The IPCP expects the ticket once it has the answer; the process comes after that. */
  private attachSoon(flowId: number, ticket: Uint8Array): void {
    const { clock } = this.ports;
    clock.at(clock.now(), () => {
      void this.process.attach(this.channel.path ?? '', ticket).then(
        (end) => this.accepted.push({ flowId, end }),
        () => (this.missed += 1),
      );
    });
  }

  private nextFlow(): number {
    this.lastFlow += 1;
    return this.lastFlow;
  }
}

/** Everything that is queued at a flow end, as copies. */
export function readAll(end: FlowEnd): Uint8Array[] {
  const packets: Uint8Array[] = [];
  end.read(Number.MAX_SAFE_INTEGER, (buffer, offset, length) => {
    packets.push(buffer.slice(offset, offset + length));
    return true;
  });
  return packets;
}
