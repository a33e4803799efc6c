/** What the clients load when they first connect; grpc-js and the schemas are not loaded before. */
import { OuroborosError } from '@ouroboros/model';
import type { CancelSignal, WatchKind } from '@ouroboros/ports';
import type { Link } from '../link.js';
import type { FrameStream, Plain } from '../frame.js';
import { Flows } from '../gen/ouroboros/flow/v1/flow_pb.js';
import { Operations, Registration } from '../gen/ouroboros/ipcp/v1/ipcp_pb.js';
import { Management } from '../gen/ouroboros/irm/v1/irm_pb.js';
import type { ManagementMethod } from '../management-methods.js';
import type { RemoteNode } from '../remote-node.js';
import { Connector, KEEP_ALIVE, type ClientConnection } from './client-connection.js';
import { localTarget, remoteTarget } from './target.js';

/** How long the IRM daemon may take to register an IPCP. */
const REGISTER_MS = 5000;

/** Calls to management over one connection, which is made at the first call and again after it broke. */
export class ManagementConnection {
  private current: ClientConnection | undefined;
  private opening: Promise<ClientConnection> | undefined;
  private closed = false;

  private readonly connector: Connector;

  constructor(node: string | RemoteNode) {
    this.connector = new Connector(typeof node === 'string' ? localTarget(node) : remoteTarget(node), KEEP_ALIVE);
  }

  async unary(method: ManagementMethod, request: Plain, timeoutMs?: number): Promise<Plain> {
    return (await this.connection()).unary(Management.method[method], request, timeoutMs);
  }

  async *watch(kinds: readonly WatchKind[], signal?: CancelSignal): AsyncIterable<Plain> {
    yield* (await this.connection()).serverStream(Management.method.watch, { kinds }, signal);
  }

  close(): void {
    this.closed = true;
    this.current?.close();
    this.connector.close();
  }

  private connection(): Promise<ClientConnection> {
    if (this.closed) return Promise.reject(new OuroborosError('EBADF', 'this management client was closed'));
    if (this.current?.usable) return Promise.resolve(this.current);
    this.opening ??= this.open().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async open(): Promise<ClientConnection> {
    this.current?.close();
    const made = await this.connector.open();
    this.current = made;
    if (this.closed) made.close();
    return made;
  }
}

function link(connection: ClientConnection, stream: FrameStream): Link {
  const close = (): void => {
    stream.cut(new OuroborosError('EIRMD', 'closed by this process'));
    connection.close();
  };
  return { stream, close };
}

/** Opens streams, one at a time. */
export class StreamConnector {
  private readonly connector: Connector;

  constructor(socketPath: string) {
    this.connector = new Connector(localTarget(socketPath));
  }

  /** The stream of an application. */
  async flows(): Promise<Link> {
    const connection = await this.connector.open();
    return link(connection, connection.frames(Flows.method.attach));
  }

  /** Registers an IPCP and opens its stream. */
  async operations(announcement: Plain): Promise<Link & { readonly session: Plain }> {
    const connection = await this.connector.open();
    try {
      const session = await connection.unary(Registration.method.register, announcement, REGISTER_MS);
      return { session, ...link(connection, connection.frames(Operations.method.serve)) };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  close(): void {
    this.connector.close();
  }
}
