import { endpointText, OuroborosError, type Endpoint } from '@ouroboros/model';
import { createTlsServer, listenTcp, type CertificateFiles } from '@ouroboros/node-runtime';
import type { Management } from '@ouroboros/ports';
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { commonNameOf } from './common-name.js';
import type { Role } from './management-roles.js';
import type { RemoteGrpcServer } from './wire/remote-server.js';

/** Who is at the other end of a connection from another host: its certificate is good. */
export interface RemoteCaller {
  /** Common name of the certificate. */
  readonly subject: string;
  /** Where it calls from. */
  readonly address: string;
}

export interface RemoteIrmOptions {
  readonly listen: Endpoint;
  /** Followed: what changes counts from the next connection on. Both own certificate and authority are required. */
  readonly files: CertificateFiles;
  /** What a subject may do; asked at every call, so that it can change. */
  readonly roleOf: (subject: string) => Role | null;
  /** Called once per connection. */
  readonly managementFor: (caller: RemoteCaller) => Management;
  /** A connection was refused before anything was read from it: why, and whose it was. */
  readonly onRefused: (address: string, why: string) => void;
}

/** Connections at a time, those included that have not shown a certificate yet. */
const MAX_CONNECTIONS = 256;
/** For a certificate to be shown. */
const HANDSHAKE_MS = 10_000;

/**
 * The management service for other hosts, over TCP with TLS 1.3 on both sides: who shows no certificate of the authority
 * is refused in the handshake, who has no role at its first headers. Nothing else of the daemon is reachable here.
 */
export class RemoteIrmServer {
  /** Connections, and the common names of their certificates. */
  private readonly sockets = new Map<Socket, string>();
  private server: Server | undefined;
  private grpc: RemoteGrpcServer | undefined;

  constructor(private readonly options: RemoteIrmOptions) {}

  /** EINVAL for certificate files that can't be used or an address that is not local, EEXIST for a port in use, EACCES. */
  async listen(): Promise<void> {
    const { listen, files, onRefused } = this.options;
    if (!files.own || files.ca === null)
      throw new OuroborosError('EINVAL', 'a certificate and an authority are required');
    const options = {
      ...{ requestCert: true, rejectUnauthorized: true },
      ...{ ALPNProtocols: ['h2'], handshakeTimeout: HANDSHAKE_MS },
    };
    const server = createTlsServer(files, options, (socket) => this.accept(socket as TLSSocket));
    server.maxConnections = MAX_CONNECTIONS;
    server.on('tlsClientError', (error, socket) => onRefused(placeOf(socket), reasonOf(socket, error)));
    const { RemoteGrpcServer } = await import('./wire/remote-server.js');
    this.grpc = new RemoteGrpcServer();
    this.server = server;
    await listenTcp(server, listen);
  }

  /** Ends the connections, watches among them, of those who have no role any more. */
  recheck(): void {
    for (const [socket, subject] of this.sockets) if (this.options.roleOf(subject) === null) socket.destroy();
  }

  close(): void {
    this.server?.close();
    this.grpc?.close();
    for (const socket of this.sockets.keys()) socket.destroy();
  }

  private accept(socket: TLSSocket): void {
    const { roleOf, managementFor, onRefused } = this.options;
    const caller = { subject: commonNameOf(socket.getPeerCertificate()), address: placeOf(socket) };
    if (roleOf(caller.subject) === null) onRefused(caller.address, `${caller.subject} has no role here`);
    this.sockets.set(socket, caller.subject);
    socket.once('close', () => this.sockets.delete(socket));
    this.grpc?.take(socket, {
      ...{ subject: caller.subject, socket },
      role: () => roleOf(caller.subject),
      management: managementFor(caller),
    });
  }
}

/** Why a certificate was not believed stands at the socket: the error says no more than that the socket was closed. */
const reasonOf = (socket: TLSSocket, error: Error): string =>
  socket.authorizationError ? String(socket.authorizationError) : error.message;

const placeOf = ({ remoteAddress, remotePort }: Socket): string =>
  remoteAddress === undefined ? 'gone' : endpointText({ host: remoteAddress, port: remotePort ?? 0 });
