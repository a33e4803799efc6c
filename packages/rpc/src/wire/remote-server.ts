/** What the server for other hosts loads when it listens. */
import { Server, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { DescService } from '@bufbuild/protobuf';
import type { Socket } from 'node:net';
import { OuroborosError } from '@ouroboros/model';
import type { Management as ManagementPort } from '@ouroboros/ports';
import { MAX_MESSAGE_BYTES } from '../frame.js';
import { Health } from '../gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '../gen/grpc/reflection/v1/reflection_pb.js';
import { Management } from '../gen/ouroboros/irm/v1/irm_pb.js';
import { MANAGEMENT_ROLES, suffices, type Role } from '../management-roles.js';
import { Connections, type PeerCall } from './connections.js';
import { addHealth } from './health-service.js';
import { addManagement } from './management-service.js';
import { addReflection } from './reflection-service.js';
import { toStatus } from './status.js';

/** A connection of another host, its certificate verified. */
export interface RemoteConnection {
  /** Common name of the certificate. */
  readonly subject: string;
  readonly socket: Socket;
  /** As it is now: it may change while the connection lives. */
  role(): Role | null;
  readonly management: ManagementPort;
}

const OPTIONS = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  /** With the longest message, this bounds what a connection can make us hold. */
  'grpc.max_concurrent_streams': 32,
  'grpc.enable_channelz': 0,
  /** Finds hosts that are gone. */
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  /** In MB, for one connection. */
  'grpc-node.max_session_memory': 16,
};

/** A refused caller may still be sending: this is how long it has to read why. */
const REFUSED_LINGER_MS = 1000;

/** Management, health and reflection, and nothing else, over connections that were accepted elsewhere. */
export class RemoteGrpcServer {
  private readonly server = new Server({ ...OPTIONS, interceptors: [this.admission()] });
  private readonly connections = new Connections<RemoteConnection>(this.server);

  constructor() {
    const managementOf = (call: PeerCall): ManagementPort => this.connections.of(call).management;
    addManagement(this.server, managementOf);
    addHealth(this.server, managementOf);
    addReflection(this.server, [Management, Health]);
  }

  take(socket: Socket, connection: RemoteConnection): void {
    this.connections.take(socket, connection);
  }

  close(): void {
    this.connections.close();
    this.server.forceShutdown();
  }

  /** Looks at the headers alone: of a call that is refused here no byte of a message is read. */
  private admission(): ServerInterceptor {
    return ({ path }, call) =>
      new ServerInterceptingCall(call, {
        start: (next) => {
          const refusal = this.refusalOf(path, call);
          if (!refusal) return next();
          call.sendStatus(toStatus(refusal));
        },
      });
  }

  private refusalOf(path: string, call: PeerCall): OuroborosError | undefined {
    const connection = this.connections.find(call);
    if (!connection) return new OuroborosError('EPIPE', 'the connection is gone');
    const role = connection.role();
    if (suffices(role, demandedRole(path))) return undefined;
    const { subject, socket } = connection;
    if (role === null) {
      setTimeout(() => socket.destroy(), REFUSED_LINGER_MS).unref();
      return new OuroborosError('EPERM', `${subject} may not use this node`, { stage: 'policy' });
    }
    return new OuroborosError('EPERM', `${subject} may only read here; this call changes the node`, {
      stage: 'policy',
    });
  }
}

const methodRoles = (service: DescService, roleOf: (method: string) => Role): [path: string, role: Role][] =>
  service.methods.map(({ name, localName }) => [`/${service.typeName}/${name}`, roleOf(localName)]);

/** The role that each method demands, by its path. */
export const ROLES: ReadonlyMap<string, Role> = new Map([
  ...methodRoles(Management, (method) => MANAGEMENT_ROLES[method as keyof ManagementPort]),
  ...[Health, ServerReflection].flatMap((service) => methodRoles(service, () => 'read')),
]);

/** What is not in the table takes the most. */
const demandedRole = (path: string): Role => ROLES.get(path) ?? 'operate';
