import { connect, createServer, type Server, type Socket } from 'node:net';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { ChannelHost, ExpectOptions, FlowEnd } from '@ouroboros/ports';
import { socketAnswers } from '../socket-answers.js';
import {
  MAX_CONNECTIONS,
  checkOptions,
  checkSocketPath,
  fileIdentity,
  newCounters,
  pathTaken,
  unlinkIfSame,
  type ChannelHostOptions,
  type CheckedOptions,
} from './channel-options.js';
import { StreamAccepted, type StreamAcceptingHost } from './stream-accepted.js';
import { StreamAttached, type StreamAttachingHost } from './stream-attached.js';
import type { StreamConnection } from './stream-connection.js';
import { StreamFlow } from './stream-flow.js';
import { TicketTable, checkTicket } from './ticket-table.js';
import { TurnLoop } from './turn-loop.js';
import { Unfetched } from './unfetched.js';

/** Lets only this user open the socket file from its first moment. */
const OWNER_ONLY = 0o177;

/**
 * Packet channels over UNIX streams, by node:net alone. Without SO_PEERCRED the file mode is the only proof of the user:
 * no group may be let in, and only flows with processes of this user can be expected. A process that ends by
 * `process.exit` right after a `close` may lose what it wrote last. A host that listens, or has open flows, keeps the
 * process alive until `close`.
 */
export class StreamChannelHost implements ChannelHost, StreamAcceptingHost, StreamAttachingHost {
  readonly path: string | null;
  readonly counters = newCounters();
  readonly tickets = new TicketTable<StreamFlow>();
  readonly unfetched: Unfetched;
  readonly turns = new TurnLoop(
    () => false,
    () => this.flushAll(),
  );
  private readonly openFlows = new Set<StreamFlow>();
  private readonly connections = new Set<StreamConnection>();
  private readonly attached = new Map<string, StreamAttached>();
  private server: Server | null = null;
  private closed = false;

  private constructor(readonly options: CheckedOptions) {
    this.path = options.path ?? null;
    this.unfetched = new Unfetched(options.handshakeMs);
  }

  /** EINVAL names the option; ENOTSUP: the group option; EEXIST: somebody listens at the path; EACCES, ENOENT. */
  static async open(options: ChannelHostOptions): Promise<StreamChannelHost> {
    const checked = checkOptions(options);
    if (checked.gid !== undefined) {
      throw new OuroborosError(
        'ENOTSUP',
        'stream channels cannot prove who attaches: gid needs shared memory (koffi)',
        {
          field: 'gid',
        },
      );
    }
    const host = new StreamChannelHost(checked);
    if (host.path !== null) await host.listen(host.path);
    return host;
  }

  expect(ticket: Uint8Array, options: ExpectOptions = {}): FlowEnd {
    this.checkOpen();
    if (this.path === null)
      throw new OuroborosError('EINVAL', 'a host without a path cannot expect', { field: 'path' });
    checkTicket(ticket);
    if (options.uid !== undefined && options.uid !== process.getuid?.()) {
      throw new OuroborosError(
        'ENOTSUP',
        'stream channels cannot prove another user: that needs shared memory (koffi)',
        {
          field: 'uid',
        },
      );
    }
    const copy = ticket.slice();
    const flow = this.createFlow(
      this.options.ringBytes,
      () => {
        this.tickets.delete(copy, flow);
        this.unfetched.delete(flow.end);
      },
      () => this.unfetched.keep(flow.end),
    );
    try {
      this.tickets.add(copy, undefined, flow);
    } catch (error) {
      flow.end.close();
      throw error;
    }
    flow.keepsMemory = true;
    return flow.end;
  }

  async attach(path: string, ticket: Uint8Array): Promise<FlowEnd> {
    checkSocketPath(path);
    checkTicket(ticket);
    this.checkOpen();
    return (this.attached.get(path) ?? this.connect(path)).attach(ticket);
  }

  settled(): Promise<void> {
    return this.unfetched.settled();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    // Node removes the socket file with the server.
    this.server?.close();
    for (const { end } of this.openFlows) {
      end.close();
      end.free();
    }
    for (const connection of this.connections) connection.finish();
  }

  createFlow(ringBytes: number, onRelease: () => void = () => undefined, onUnfetched?: () => void): StreamFlow {
    const release = (): void => {
      this.openFlows.delete(flow);
      onRelease();
    };
    const flow: StreamFlow = new StreamFlow(ringBytes, this.turns, release, onUnfetched);
    this.openFlows.add(flow);
    return flow;
  }

  gone(connection: StreamConnection): void {
    this.connections.delete(connection);
    if (connection instanceof StreamAttached && this.attached.get(connection.path) === connection) {
      this.attached.delete(connection.path);
    }
  }

  private flushAll(): void {
    for (const connection of this.connections) connection.flush();
  }

  private connect(path: string): StreamAttached {
    const connection = new StreamAttached(this, connect({ path, allowHalfOpen: true }), path);
    this.attached.set(path, connection);
    this.connections.add(connection);
    return connection;
  }

  private async listen(path: string): Promise<void> {
    const identity = fileIdentity(path);
    if (await this.tryListen(path)) return;
    if (identity === null || (await socketAnswers(path))) throw pathTaken(path);
    unlinkIfSame(path, identity);
    if (!(await this.tryListen(path))) throw pathTaken(path);
  }

  /** False = the path is taken. */
  private tryListen(path: string): Promise<boolean> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE') resolve(false);
        else reject(toOuroborosError(error, error.code === 'EACCES' || error.code === 'ENOENT' ? error.code : 'EIO'));
      });
      // Node creates the file within the call.
      const mask = process.umask(OWNER_ONLY);
      try {
        server.listen(path, () => {
          this.server = server;
          server.on('error', (error) =>
            this.options.logger.log('error', 'packet channel: listen', { error: error.message }),
          );
          resolve(true);
        });
      } finally {
        process.umask(mask);
      }
    });
  }

  private accept(socket: Socket): void {
    if (this.connections.size < MAX_CONNECTIONS && !this.closed) {
      this.connections.add(new StreamAccepted(this, socket));
      return;
    }
    this.counters.refusedConnections += 1;
    socket.destroy();
  }

  private checkOpen(): void {
    if (this.closed) throw new OuroborosError('ECANCELED', 'this channel host is closed');
  }
}
