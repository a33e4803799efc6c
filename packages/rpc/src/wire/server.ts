/** What the IRM server loads when it listens. */
import { Server } from '@grpc/grpc-js';
import type { DescMethod } from '@bufbuild/protobuf';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { OuroborosError } from '@ouroboros/model';
import type {
  CancelSignal,
  IpcpAnnouncement,
  Management as ManagementPort,
  ProcessAnnouncement,
} from '@ouroboros/ports';
import { callerClaiming, type Caller, type ConnectionIdentity } from '../caller.js';
import { Exchange } from '../exchange.js';
import { MAX_MESSAGE_BYTES, type Body, type FrameStream, type Plain } from '../frame.js';
import { Health } from '../gen/grpc/health/v1/health_pb.js';
import { Flows } from '../gen/ouroboros/flow/v1/flow_pb.js';
import { Operations, Registration } from '../gen/ouroboros/ipcp/v1/ipcp_pb.js';
import { Management } from '../gen/ouroboros/irm/v1/irm_pb.js';
import type { IrmHandlers } from '../irm-server.js';
import { AttachedProcess, RegisteredIpcp } from '../sessions.js';
import { unary, type Duplex, type Unary } from './calls.js';
import { Connections, type PeerCall } from './connections.js';
import { serviceDefinition } from './definition.js';
import { GrpcFrameStream } from './grpc-frame-stream.js';
import { addHealth } from './health-service.js';
import { addManagement } from './management-service.js';
import { addReflection } from './reflection-service.js';
import { toStatus } from './status.js';

interface Connection {
  readonly identity: ConnectionIdentity;
  readonly socket: Socket;
  management?: ManagementPort;
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
  private readonly connections = new Connections<Connection>(this.server);
  private readonly registered = new Map<string, Registered>();

  constructor(private readonly handlers: () => IrmHandlers) {
    const managementOf = (call: PeerCall): ManagementPort => this.managementOf(call);
    addManagement(this.server, managementOf);
    addHealth(this.server, managementOf);
    addReflection(this.server, [Management, Health]);
    this.server.addService(serviceDefinition(Flows), { attach: (call: Duplex) => this.attach(call) });
    this.server.addService(serviceDefinition(Registration), {
      register: unary(Registration.method.register, (call, request) => this.register(call, request)),
    });
    this.server.addService(serviceDefinition(Operations), { serve: (call: Duplex) => this.serve(call) });
  }

  /** Serves a connection. */
  take(socket: Socket, identity: ConnectionIdentity): void {
    this.connections.take(socket, { identity, socket });
  }

  close(): void {
    for (const { expiry } of this.registered.values()) clearTimeout(expiry);
    this.registered.clear();
    this.connections.close();
    this.server.forceShutdown();
  }

  private managementOf(call: PeerCall): ManagementPort {
    const connection = this.connections.of(call);
    return (connection.management ??= this.handlers().managementFor(connection.identity.caller));
  }

  private attach(call: Duplex): void {
    let session: AttachedProcess | undefined;
    const serve = async (request: Body, signal: CancelSignal): Promise<Body> => {
      if (session || request.name !== 'announce') return attachedTo(session).answer(request, signal);
      const announcement = request.value as ProcessAnnouncement;
      const caller = callerClaiming(this.connections.of(call).identity, announcement.pid);
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
    const caller = callerClaiming(this.connections.of(call).identity, announcement.pid);
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
    const { identity } = this.connections.of(call);
    const isTheirs =
      found?.caller.uid === identity.caller.uid && (!identity.proven || found.caller.pid === identity.caller.pid);
    if (!found || !isTheirs) throw new OuroborosError('EPERM', 'no such registration', { field: 'session' });
    clearTimeout(found.expiry);
    this.registered.delete(session);
    return found;
  }

  private frames(call: Duplex, method: DescMethod): FrameStream {
    const { socket } = this.connections.of(call);
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
  serve: (request: Body, signal: CancelSignal) => Promise<Body>,
): (request: Body, signal: CancelSignal) => Promise<Body> {
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
