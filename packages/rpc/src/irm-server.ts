import { OuroborosError } from '@ouroboros/model';
import { loadNative, MAX_SOCKET_PATH_BYTES, peerCredentials, type PeerCredentials } from '@ouroboros/node-runtime';
import type { Management } from '@ouroboros/ports';
import { createServer, type Server, type Socket } from 'node:net';
import { identify, type Caller } from './caller.js';
import type { IpcpSession, ProcessSession } from './sessions.js';
import { listenAt, type SocketAccess } from './unix-listener.js';
import type { GrpcServer } from './wire/server.js';

/** What the IRM daemon does for those who connect. */
export interface IrmHandlers {
  /** The management service as this caller may use it; called once per connection. May throw EPERM. */
  managementFor(caller: Caller): Management;
  /** A process attached. It is told so when this has returned (or resolved); throwing refuses it. */
  onProcess(session: ProcessSession): void | Promise<void>;
  /** An IPCP registered; as above. `operations` may be used at once. */
  onIpcp(session: IpcpSession): void | Promise<void>;
}

export interface IrmServerOptions {
  /** Asks the kernel who is behind a socket; null = cannot be asked. Default: SO_PEERCRED by koffi. */
  readonly credentials?: (fd: number) => PeerCredentials | null;
}

/** Connections at a time; a process and an IPCP have one each. */
const MAX_CONNECTIONS = 8192;

/**
 * The IRM daemon's end of all four services, at one UNIX socket. It knows each caller by what the kernel says. Without
 * that knowledge (no koffi) it serves only its own user, and checks the pid that a process claims.
 */
export class IrmServer {
  private handlers: IrmHandlers | undefined;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private grpc: GrpcServer | undefined;
  private removeSocketFile: (() => void) | undefined;
  private mode: number = 0o600;

  constructor(private readonly options: IrmServerOptions = {}) {
    this.server = createServer((socket) => this.accept(socket));
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /** To be called before `listen`; calls that come without handlers get EAGAIN. */
  setHandlers(handlers: IrmHandlers): void {
    this.handlers = handlers;
  }

  /**
   * EEXIST when an IRM daemon answers there already, EINVAL for a path that is too long, ENOENT, EACCES, and ENOTSUP when
   * others than our user are to be served but callers cannot be known.
   */
  async listen(path: string, access: SocketAccess): Promise<void> {
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) throw pathTooLong(path);
    if (!this.options.credentials) await loadNative();
    const { GrpcServer } = await import('./wire/server.js');
    this.mode = access.mode;
    this.grpc ??= new GrpcServer(() => this.current());
    this.removeSocketFile = await listenAt(this.server, path, access);
    if (this.mode === 0o600 || this.credentials(this.server)) return;
    this.close();
    const message = 'without koffi the callers are not known, so only mode 0600 is possible';
    throw new OuroborosError('ENOTSUP', message, { field: 'mode' });
  }

  /** Ends every session and connection and removes the socket. */
  close(): void {
    this.removeSocketFile?.();
    this.removeSocketFile = undefined;
    this.server.close();
    this.grpc?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private current(): IrmHandlers {
    if (this.handlers) return this.handlers;
    throw new OuroborosError('EAGAIN', 'the IRM daemon is starting');
  }

  private accept(socket: Socket): void {
    const identity = identify(this.credentials(socket), this.mode);
    if (!identity || !this.grpc) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    this.grpc.take(socket, identity);
  }

  /** Of a connected socket: the process that connected. Of a listening one: ourselves. */
  private credentials(socket: Socket | Server): PeerCredentials | null {
    const fd = (socket as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd;
    if (fd === undefined || fd < 0) return null;
    return (this.options.credentials ?? peerCredentials)(fd);
  }
}

function pathTooLong(path: string): OuroborosError {
  const message = `${path}: a socket's path has at most ${MAX_SOCKET_PATH_BYTES} bytes: choose a shorter OUROBOROS_RUNTIME_DIR`;
  return new OuroborosError('EINVAL', message, { field: 'OUROBOROS_RUNTIME_DIR' });
}
