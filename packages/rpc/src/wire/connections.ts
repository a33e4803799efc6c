import type { ConnectionInjector, Server } from '@grpc/grpc-js';
import { ServerCredentials } from '@grpc/grpc-js';
import type { Socket } from 'node:net';
import { OuroborosError } from '@ouroboros/model';

/** What a handler is told of its call. */
export interface PeerCall {
  getPeer(): string;
}

/**
 * Connections that were accepted elsewhere, handed to a gRPC server, and what is known of each. grpc-js tells a handler
 * nothing of a connection but its remote address: that is our key.
 */
export class Connections<Known> {
  private readonly injector: ConnectionInjector;
  private readonly known = new Map<string, Known>();
  private last = 0;

  constructor(server: Server) {
    this.injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  /** Serves a connection. */
  take(socket: Socket, known: Known): void {
    this.last += 1;
    const key = `connection-${this.last}`;
    Object.defineProperties(socket, { remoteAddress: { value: key }, remotePort: { value: undefined } });
    this.known.set(key, known);
    socket.once('close', () => this.known.delete(key));
    socket.on('error', () => socket.destroy());
    this.injector.injectConnection(socket);
  }

  /** Undefined when the connection has ended meanwhile. */
  find(call: PeerCall): Known | undefined {
    return this.known.get(call.getPeer());
  }

  /** EPIPE when the connection has ended meanwhile. */
  of(call: PeerCall): Known {
    const found = this.find(call);
    if (found !== undefined) return found;
    throw new OuroborosError('EPIPE', 'the connection is gone');
  }

  close(): void {
    this.injector.destroy();
  }
}
