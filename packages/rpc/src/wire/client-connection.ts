import { Client, connectivityState, type ChannelOptions, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { OuroborosError } from '@ouroboros/model';
import type { CancelSignal } from '@ouroboros/ports';
import { MAX_MESSAGE_BYTES, type FrameStream, type Plain } from '../frame.js';
import { decode, encode } from './codec.js';
import { methodDefinition } from './definition.js';
import { GrpcFrameStream } from './grpc-frame-stream.js';
import { fromStatus } from './status.js';
import type { Target } from './target.js';

const OPTIONS = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
  'grpc.service_config_disable_resolution': 1,
};

/** Notices an IRM daemon that is stopped while it owes an answer. */
export const KEEP_ALIVE = { 'grpc.keepalive_time_ms': 10_000, 'grpc.keepalive_timeout_ms': 5000 };

/**
 * Makes connections to an IRM daemon. One that stands for a daemon that accepts and says nothing is kept for the next
 * attempt: grpc-js cannot drop it, and attempts would pile up.
 */
export class Connector {
  private waiting: Client | undefined;

  constructor(
    private readonly target: Target,
    private readonly options: ChannelOptions = {},
  ) {}

  /** Rejects EIRMD in time when nobody answers; the message says why. Not to be called while it is under way. */
  async open(): Promise<ClientConnection> {
    const client = (this.waiting ??= this.newClient());
    const state = await connected(client, this.target.connectMs);
    if (state !== connectivityState.CONNECTING) this.waiting = undefined;
    if (state === connectivityState.READY) return new ClientConnection(client);
    if (state !== connectivityState.CONNECTING) client.close();
    throw new OuroborosError('EIRMD', `the IRM daemon is not reachable: ${await this.target.diagnose()}`);
  }

  close(): void {
    this.waiting?.close();
    this.waiting = undefined;
  }

  private newClient(): Client {
    const { address, credentials, options } = this.target;
    return new Client(address, credentials, { ...OPTIONS, ...options, ...this.options });
  }
}

/**
 * One connection to an IRM daemon. It is made by a Connector and never made again: when it breaks, calls reject EIRMD
 * and `usable` is false.
 */
export class ClientConnection {
  constructor(private readonly client: Client) {}

  get usable(): boolean {
    return this.client.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  close(): void {
    this.client.close();
  }

  /** ETIMEDOUT after `timeoutMs`; without it the call lasts as long as the daemon lives. */
  unary(method: DescMethod, request: Plain, timeoutMs = Infinity): Promise<Plain> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    const bytes = encode(method.input, request);
    const options = { deadline: timeoutMs === Infinity ? Infinity : Date.now() + timeoutMs };
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, bytes, options, (error, reply) => {
        if (error) reject(fromStatus(error));
        else settle(resolve, reject, () => reading(method.output, reply ?? new Uint8Array(0)));
      });
    });
  }

  /** Messages as they come. Ends when the signal aborts; throws when the daemon ends it with an error or goes away. */
  async *serverStream(method: DescMethod, request: Plain, signal?: CancelSignal): AsyncIterable<Plain> {
    if (signal?.aborted) return;
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    const bytes = encode(method.input, request);
    const call = this.client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, bytes);
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    call.on('error', cancel);
    try {
      for await (const message of call) yield reading(method.output, message as Uint8Array);
    } catch (error) {
      if (!signal?.aborted) throw error instanceof OuroborosError ? error : fromStatus(error as ServiceError);
    } finally {
      signal?.removeEventListener('abort', cancel);
      cancel();
    }
  }

  /** A bidirectional stream; `close` of this connection does not end it, its own `cut` does. */
  frames(method: DescMethod): FrameStream {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    const stream = this.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    const frames = new GrpcFrameStream({
      stream,
      outgoing: method.input,
      incoming: method.output,
      finish: () => stream.end(),
      cut: () => stream.cancel(),
    });
    stream.on('error', (error: ServiceError) => frames.end(fromStatus(error)));
    stream.on('end', () => frames.end(new OuroborosError('EIRMD', 'the IRM daemon closed the stream')));
    return frames;
  }
}

/** A reply that breaks the rules of its message is the daemon's fault, not the caller's. */
function reading(desc: DescMessage, bytes: Uint8Array): Plain {
  try {
    return decode(desc, bytes);
  } catch (error) {
    throw new OuroborosError('EIO', `bad answer of the IRM daemon: ${String(error)}`, { cause: error });
  }
}

function settle<T>(resolve: (value: T) => void, reject: (error: unknown) => void, produce: () => T): void {
  try {
    resolve(produce());
  } catch (error) {
    reject(error);
  }
}

/** The state after the attempt to connect: READY = it stands, CONNECTING = no answer in time, else it failed. */
function connected(client: Client, limitMs: number): Promise<connectivityState> {
  const deadline = new Date(Date.now() + limitMs);
  const channel = client.getChannel();
  return new Promise((resolve) => {
    const check = (timeout?: Error): void => {
      const state = channel.getConnectivityState(true);
      const isUnderWay = state === connectivityState.IDLE || state === connectivityState.CONNECTING;
      if (isUnderWay && !timeout) channel.watchConnectivityState(state, deadline, check);
      else resolve(state);
    };
    check();
  });
}
