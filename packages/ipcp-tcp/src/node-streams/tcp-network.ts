import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Endpoint } from '@ouroboros/model';
import { createTlsServer, listenTcp, readCertificateFiles } from '@ouroboros/node-runtime';
import type { StreamConnection, StreamListener, StreamNetwork, TlsFiles } from '../stream-network.js';
import { SocketStream } from './socket-stream.js';

/** For a connection to be there, TLS included. */
const DIAL_LIMIT_MS = 5_000;

/** TCP and TLS by node:net and node:tls. */
export class TcpNetwork implements StreamNetwork {
  async check(tls: TlsFiles): Promise<void> {
    readCertificateFiles(tls);
  }

  async listen(
    at: Endpoint,
    tls: TlsFiles | null,
    onConnection: (connection: StreamConnection) => void,
  ): Promise<StreamListener> {
    const accept = (socket: Socket): void => onConnection(new SocketStream(socket, placeOf(socket)));
    const server = tls ? tlsServer(tls, accept) : createServer(accept);
    await listenTcp(server, at);
    return { close: () => void server.close() };
  }

  dial(to: Endpoint, tls: TlsFiles | null): Promise<StreamConnection> {
    return new Promise((resolve, reject) => {
      const socket = tls ? connectTls(tlsOptions(to, tls)) : connect(to.port, to.host);
      const limit = setTimeout(() => socket.destroy(new Error('nobody answers')), DIAL_LIMIT_MS);
      const failed = (error: Error): void => {
        clearTimeout(limit);
        reject(error);
      };
      socket.once('error', failed);
      socket.once(tls ? 'secureConnect' : 'connect', () => {
        clearTimeout(limit);
        socket.off('error', failed);
        resolve(new SocketStream(socket, placeOf(socket)));
      });
    });
  }
}

function tlsServer(tls: TlsFiles, accept: (socket: Socket) => void): Server {
  const demanded = tls.ca !== null;
  return createTlsServer(tls, { requestCert: demanded, rejectUnauthorized: demanded }, accept);
}

function tlsOptions({ host, port }: Endpoint, tls: TlsFiles): ConnectionOptions {
  const name = tls.name ?? host;
  return {
    ...readCertificateFiles(tls),
    ...{ host, port },
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  };
}

const placeOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress ?? 'gone'} ${remotePort ?? ''}`.trim();
