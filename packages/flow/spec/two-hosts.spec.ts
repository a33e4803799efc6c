/** Two processes for the specs of this package; no tests here. */
import { setImmediate as turn } from 'node:timers/promises';
import { OuroborosError, QOS_RAW, fromMs, micros, type QosSpec } from '@ouroboros/model';
import { loadCrypto } from '@ouroboros/crypto';
import {
  SILENT,
  type CancelSignal,
  type Clock,
  type FlowAcceptRequest,
  type FlowAllocRequest,
  type FlowCrypto,
  type FlowFacts,
  type FlowGrant,
  type FlowService,
} from '@ouroboros/ports';
import { MemoryChannelNetwork, SeededRandom, VirtualClock, type MemoryChannelHost } from '@ouroboros/simnet';
import { Flow, FlowHost, type PacketFlow } from '../src/index.js';

export type Side = 'client' | 'server';

/** A process, as the exchange knows it. */
export interface ExchangeUser {
  readonly side: Side;
  readonly uid: number;
  /** Where its channel host listens. */
  readonly path: string;
}

interface PendingAccept {
  readonly user: ExchangeUser;
  grant(grant: FlowGrant): void;
}

const UID = { client: 1001, server: 1002 } as const;
const SERVER_PATH = '/server';
/** Small, so that a queue is soon full. */
const QUEUE_BYTES = 4096;
/** Virtual time of a turn of the event loop, in µs. */
const TURN = 10;

/** An IRM daemon for two processes: each request of the client goes to the oldest accept of the server. */
export class Exchange {
  /** What was given back, in order. */
  readonly deallocated: { side: Side; flowId: number; lingerMs: number }[] = [];
  readonly requests: FlowAllocRequest[] = [];
  /** What processes told of their flows. */
  readonly reports: (FlowFacts & { side: Side })[] = [];
  /** What both ends agreed. */
  features = 0;
  layer = '';
  layerPacket = 0;
  crypto: Omit<FlowCrypto, 'secret'> | null = null;
  /** Secrets that were granted. */
  readonly secrets: Uint8Array[] = [];
  /** Makes the next id, so that a spec can give one twice. */
  nextId = 1;
  private readonly accepts: PendingAccept[] = [];
  private acceptComes: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  service(user: ExchangeUser): FlowService {
    return {
      alloc: (request) => this.alloc(user, request),
      join: () => Promise.reject(new OuroborosError('ENAME', 'no broadcast layer here')),
      accept: (request, signal) => this.accept(user, request, signal),
      report: (facts) => void this.reports.push({ side: user.side, ...facts }),
      dealloc: (flowId, lingerMs) => {
        this.deallocated.push({ side: user.side, flowId, lingerMs });
        return Promise.resolve();
      },
    };
  }

  /** Resolves when the server accepts. */
  async accepting(): Promise<void> {
    while (this.accepts.length === 0) await new Promise<void>((resolve) => (this.acceptComes = resolve));
  }

  private accept(user: ExchangeUser, request: FlowAcceptRequest, signal?: CancelSignal): Promise<FlowGrant> {
    return new Promise((resolve, reject) => {
      const pending: PendingAccept = { user, grant: resolve };
      this.accepts.push(pending);
      this.acceptComes?.();
      const giveUp = (error: OuroborosError): void => {
        const index = this.accepts.indexOf(pending);
        if (index >= 0) this.accepts.splice(index, 1);
        reject(error);
      };
      signal?.addEventListener('abort', () => giveUp(new OuroborosError('ECANCELED', 'cancelled')));
      if (request.timeoutMs === 0) return;
      const limit = micros(this.clock.now() + fromMs(request.timeoutMs));
      this.clock.at(limit, () => giveUp(new OuroborosError('ETIMEDOUT', 'no flow request in time')));
    });
  }

  private async alloc(user: ExchangeUser, request: FlowAllocRequest): Promise<FlowGrant> {
    this.requests.push(request);
    const accept = this.accepts.shift();
    if (!accept) throw new OuroborosError('ENOSERVER', `no server for ${request.name}`);
    const flowId = this.nextId++;
    const ticket = Uint8Array.from({ length: 16 }, (_, i) => flowId + i);
    const correlationId = flowId.toString(16).padStart(16, '0');
    const { features, layer, layerPacket } = this;
    const common = {
      flowId,
      mplMs: 1,
      layer,
      layerPacket,
      name: request.name,
      features,
      qos: request.qos,
      correlationId,
    };
    accept.grant({ ...common, crypto: this.newCrypto(), channel: { path: '', ticket, uid: user.uid } });
    const channel = { path: accept.user.path, ticket, uid: accept.user.uid };
    return { ...common, crypto: this.newCrypto(), channel };
  }

  private newCrypto(): FlowCrypto | null {
    if (this.crypto === null) return null;
    const secret = new Uint8Array(32).fill(9);
    this.secrets.push(secret);
    return { ...this.crypto, secret };
  }
}

/** Two processes with their flow hosts, joined by memory and in virtual time. */
export class TwoHosts {
  readonly clock = new VirtualClock(async () => {
    await turn();
  });
  readonly random = new SeededRandom(1);
  readonly exchange = new Exchange(this.clock);
  readonly channels = this.hosts();
  readonly client: FlowHost;
  readonly server: FlowHost;

  /** `bufferBytes`: of the flows of both processes. */
  constructor(bufferBytes?: number) {
    this.client = this.host('client', bufferBytes);
    this.server = this.host('server', bufferBytes);
  }

  /** One flow: the client's end and the server's. */
  async packetFlows(qos: Partial<QosSpec> = {}): Promise<[PacketFlow, PacketFlow]> {
    const accepted = this.server.accept({ timeoutMs: 0 });
    const allocated = this.client.alloc({ name: 'hello', qos: { ...QOS_RAW, ...qos }, timeoutMs: 1000 });
    return this.resolve(Promise.all([allocated, accepted]));
  }

  async flows(qos: Partial<QosSpec> = {}): Promise<[Flow, Flow]> {
    const [client, server] = await this.packetFlows(qos);
    return [new Flow(client, this.clock), new Flow(server, this.clock)];
  }

  /** Lets time pass. */
  run(ms: number): Promise<void> {
    return this.clock.run(fromMs(ms));
  }

  /** Waits for a promise; virtual time passes for at most 10 s. */
  resolve<T>(promise: Promise<T>): Promise<T> {
    return this.clock.resolve(promise, fromMs(10_000));
  }

  private hosts(): Record<Side, MemoryChannelHost> {
    const later = (callback: () => void): void => void this.clock.at(micros(this.clock.now() + TURN), callback);
    const network = new MemoryChannelNetwork(later, { queueBytes: QUEUE_BYTES });
    return {
      client: network.createHost({ uid: UID.client }),
      server: network.createHost({ path: SERVER_PATH, uid: UID.server }),
    };
  }

  private host(side: Side, bufferBytes?: number): FlowHost {
    return new FlowHost({
      service: this.exchange.service({ side, uid: UID[side], path: side === 'server' ? SERVER_PATH : '' }),
      channels: this.channels[side],
      clock: this.clock,
      random: this.random,
      crypto: loadCrypto,
      logger: SILENT,
      bufferBytes,
    });
  }
}

/** The code with which a promise rejects, `resolved` when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (thrown: unknown) => (thrown instanceof OuroborosError ? thrown.code : String(thrown)),
  );
}

/** The code with which a call throws, `returned` when it does not. */
export function thrownBy(call: () => unknown): string {
  try {
    call();
  } catch (thrown) {
    return thrown instanceof OuroborosError ? thrown.code : String(thrown);
  }
  return 'returned';
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
