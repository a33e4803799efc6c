/** What the IRM server loads when it listens. */
import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { DescMethod } from '@bufbuild/protobuf';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { OuroborosError } from '@ouroboros/model';
import type { IpcpAnnouncement, Management as ManagementService, ProcessAnnouncement } from '@ouroboros/ports';
import { callerClaiming, type Caller, type ConnectionIdentity } from '../caller.js';
import { Exchange } from '../exchange.js';
import { MAX_MESSAGE_BYTES, type Body, type FrameStream, type Plain } from '../frame.js';
import { Flows } from '../gen/ouroboros/flow/v1/flow_pb.js';
import { Operations, Registration } from '../gen/ouroboros/ipcp/v1/ipcp_pb.js';
import { Management } from '../gen/ouroboros/irm/v1/irm_pb.js';
import type { IrmHandlers } from '../irm-server.js';
import { MANAGEMENT_METHODS, type ManagementMethod } from '../management-methods.js';
import { AttachedProcess, RegisteredIpcp } from '../sessions.js';
import { decode, encode } from './codec.js';
import { serviceDefinition } from './definition.js';
import { GrpcFrameStream } from './grpc-frame-stream.js';
import { toStatus } from './status.js';

type Unary = ServerUnaryCall<Uint8Array, Uint8Array>;
type Writable = ServerWritableStream<Uint8Array, Uint8Array>;
type Duplex = ServerDuplexStream<Uint8Array, Uint8Array>;

interface Connection {
  readonly identity: ConnectionIdentity;
  readonly socket: Socket;
  management?: ManagementService;
}

interface Registered {
  readonly caller: Caller;
  readonly announcement: IpcpAnnouncement;
  readonly expiry: NodeJS.Timeout;
}

const OPTIONS = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_concurrent_streams': 256,
  'grpc.enable_channelz': 0,
  /** In MB, for one connection. */
  'grpc-node.max_session_memory': 64,
};

/** How long an IPCP may take from its registration to its stream, and how many may be in between. */
const SESSION_LIFE_MS = 10_000;
const MAX_UNOPENED_SESSIONS = 1024;

const DONE: Body = { name: 'done', value: {} };

/** The four services over connections that were accepted elsewhere. */
export class GrpcServer {
  private readonly server = new Server(OPTIONS);
  private readonly injector = this.server.createConnectionInjector(ServerCredentials.createInsecure());
  private readonly connections = new Map<string, Connection>();
  private readonly registered = new Map<string, Registered>();
  private lastConnection = 0;

  constructor(private readonly handlers: () => IrmHandlers) {
    this.server.addService(serviceDefinition(Management), this.managementImplementation());
    this.server.addService(serviceDefinition(Flows), { attach: (call: Duplex) => this.attach(call) });
    this.server.addService(serviceDefinition(Registration), {
      register: unary(Registration.method.register, (call, request) => this.register(call, request)),
    });
    this.server.addService(serviceDefinition(Operations), { serve: (call: Duplex) => this.serve(call) });
  }

  /** Serves a connection. grpc-js tells a handler nothing of a connection but its remote address: that is our key. */
  take(socket: Socket, identity: ConnectionIdentity): void {
    this.lastConnection += 1;
    const key = `connection-${this.lastConnection}`;
    Object.defineProperty(socket, 'remoteAddress', { value: key });
    this.connections.set(key, { identity, socket });
    socket.once('close', () => this.connections.delete(key));
    socket.on('error', () => socket.destroy());
    this.injector.injectConnection(socket);
  }

  close(): void {
    for (const { expiry } of this.registered.values()) clearTimeout(expiry);
    this.registered.clear();
    this.injector.destroy();
    this.server.forceShutdown();
  }

  private connectionOf(call: Unary | Writable | Duplex): Connection {
    const connection = this.connections.get(call.getPeer());
    if (connection) return connection;
    throw new OuroborosError('EPIPE', 'the connection is gone');
  }

  private managementOf(call: Unary | Writable): ManagementService {
    const connection = this.connectionOf(call);
    return (connection.management ??= this.handlers().managementFor(connection.identity.caller));
  }

  private managementImplementation(): UntypedServiceImplementation {
    const names = Object.keys(MANAGEMENT_METHODS) as ManagementMethod[];
    const methods = names.map((name) => {
      const { unpack, wrap } = MANAGEMENT_METHODS[name];
      const serve = async (call: Unary, request: Plain): Promise<Plain> => {
        const management = this.managementOf(call);
        const target = management[name] as (...args: unknown[]) => Promise<unknown>;
        return wrap(await target.apply(management, unpack(request)));
      };
      return [name, unary(Management.method[name], serve)];
    });
    return { ...Object.fromEntries(methods), watch: (call: Writable) => void this.watch(call) };
  }

  private async watch(call: Writable): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    call.once('cancelled', () => controller.abort(new OuroborosError('ECANCELED', 'the watcher went away')));
    try {
      for await (const event of this.managementOf(call).watch(signal)) {
        if (signal.aborted) return;
        await written(call, encode(Management.method.watch.output, event), signal);
      }
      call.end();
    } catch (thrown) {
      if (!signal.aborted) call.emit('error', toStatus(thrown));
    }
  }

  private attach(call: Duplex): void {
    let session: AttachedProcess | undefined;
    const serve = async (request: Body, signal: AbortSignal): Promise<Body> => {
      if (session || request.name !== 'announce') return attachedTo(session).answer(request, signal);
      const announcement = request.value as ProcessAnnouncement;
      const caller = callerClaiming(this.connectionOf(call).identity, announcement.pid);
      session = new AttachedProcess(caller, { ...announcement, pid: caller.pid }, exchange);
      await this.handlers().onProcess(session);
      return DONE;
    };
    const stream = this.frames(call, Flows.method.attach);
    const notice = (body: Body): void => session?.notice(body);
    const exchange = new Exchange(stream, { serve: closingOnRefusal(stream, serve), notice }, 'EPIPE');
  }

  private async register(call: Unary, request: Plain): Promise<Plain> {
    if (this.registered.size >= MAX_UNOPENED_SESSIONS)
      throw new OuroborosError('EAGAIN', 'too many IPCPs are registering');
    const announcement = request as IpcpAnnouncement;
    const caller = callerClaiming(this.connectionOf(call).identity, announcement.pid);
    const session = randomBytes(16).toString('hex');
    const expiry = setTimeout(() => this.registered.delete(session), SESSION_LIFE_MS).unref();
    this.registered.set(session, { caller, announcement: { ...announcement, pid: caller.pid }, expiry });
    return { session };
  }

  private serve(call: Duplex): void {
    let session: RegisteredIpcp | undefined;
    const serve = async (request: Body): Promise<Body> => {
      if (session || request.name !== 'open') return attachedTo(session).answer(request);
      const { caller, announcement } = this.claim(call, (request.value as { readonly session: string }).session);
      session = new RegisteredIpcp(caller, announcement, exchange);
      await this.handlers().onIpcp(session);
      return DONE;
    };
    const notice = (body: Body): void => session?.notice(body);
    const stream = this.frames(call, Operations.method.serve);
    const exchange = new Exchange(stream, { serve: closingOnRefusal(stream, serve), notice }, 'EIPCP');
  }

  /** A registration can be used once, and only by the process that made it. */
  private claim(call: Duplex, session: string): Registered {
    const found = this.registered.get(session);
    const { identity } = this.connectionOf(call);
    const isTheirs =
      found?.caller.uid === identity.caller.uid && (!identity.proven || found.caller.pid === identity.caller.pid);
    if (!found || !isTheirs) throw new OuroborosError('EPERM', 'no such registration', { field: 'session' });
    clearTimeout(found.expiry);
    this.registered.delete(session);
    return found;
  }

  private frames(call: Duplex, method: DescMethod): FrameStream {
    const { socket } = this.connectionOf(call);
    const frames = new GrpcFrameStream({
      stream: call,
      outgoing: method.output,
      incoming: method.input,
      finish: (error) => (error ? call.emit('error', toStatus(error)) : call.end()),
      cut: () => socket.destroy(),
    });
    call.on('end', () => frames.close());
    call.on('cancelled', () => frames.end(new OuroborosError('EPIPE', 'the process has closed its stream')));
    return frames;
  }
}

function attachedTo<Session>(session: Session | undefined): Session {
  if (session) return session;
  throw new OuroborosError('EINVAL', 'the first request of a stream is its announcement');
}

/** A stream whose first request is refused is of no use; it ends after the answer. */
function closingOnRefusal(
  stream: FrameStream,
  serve: (request: Body, signal: AbortSignal) => Promise<Body>,
): (request: Body, signal: AbortSignal) => Promise<Body> {
  let accepted = false;
  return async (request, signal) => {
    try {
      const reply = await serve(request, signal);
      accepted = true;
      return reply;
    } catch (thrown) {
      if (!accepted) setImmediate(() => stream.close());
      throw thrown;
    }
  };
}

type UnaryHandler = (call: Unary, request: Plain) => Promise<Plain>;

function unary(method: DescMethod, serve: UnaryHandler): (call: Unary, done: sendUnaryData<Uint8Array>) => void {
  const answer = async (call: Unary): Promise<Uint8Array> =>
    encode(method.output, await serve(call, decode(method.input, call.request)));
  return (call, done) =>
    void answer(call).then(
      (bytes) => done(null, bytes),
      (thrown) => done(toStatus(thrown)),
    );
}

/** Resolves when the stream has taken the bytes, or is over. */
function written(call: Writable, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    call.write(bytes, done);
  });
}
