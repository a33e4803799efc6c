import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createServer as createTlsServer,
  type ConnectionOptions,
  type Server as TlsServer,
} from 'node:tls';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { Endpoint, StreamConnection, StreamListener, StreamNetwork, TlsFiles } from '../stream-network.js';
import { SocketStream } from './socket-stream.js';
import { readTlsFiles } from './tls-files.js';

/** For a connection to be there, TLS included. */
const DIAL_LIMIT_MS = 5_000;

/** TCP and TLS by node:net and node:tls. */
export class TcpNetwork implements StreamNetwork {
  async check(tls: TlsFiles): Promise<void> {
    readTlsFiles(tls);
  }

  async listen(
    at: Endpoint,
    tls: TlsFiles | null,
    onConnection: (connection: StreamConnection) => void,
  ): Promise<StreamListener> {
    const accept = (socket: Socket): void => onConnection(new SocketStream(socket, placeOf(socket)));
    const server = tls ? tlsServer(tls, accept) : createServer(accept);
    await listening(server, at);
    server.on('error', () => undefined); // A connection that could not be accepted comes again.
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

/** Its files are read again for each connection; while they can't be used the former contents hold. */
function tlsServer(tls: TlsFiles, accept: (socket: Socket) => void): TlsServer {
  const demanded = tls.ca !== null;
  const who = { requestCert: demanded, rejectUnauthorized: demanded };
  const server = createTlsServer({ ...readTlsFiles(tls), ...who }, accept);
  server.prependListener('connection', () => {
    try {
      server.setSecureContext(readTlsFiles(tls));
    } catch (thrown) {
      if (!(thrown instanceof OuroborosError)) throw thrown;
    }
  });
  return server;
}

function tlsOptions({ host, port }: Endpoint, tls: TlsFiles): ConnectionOptions {
  const name = tls.name ?? host;
  return {
    ...readTlsFiles(tls),
    ...{ host, port },
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  };
}

function listening(server: Server, { host, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, `${host}:${port}`)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, place: string): OuroborosError {
  const field = 'listen';
  const { code } = error;
  if (code === 'EADDRINUSE')
    return new OuroborosError('EEXIST', `TCP ${place} is in use by another process`, { field, cause: error });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new OuroborosError('EINVAL', `listen: ${place} is not an address of this host`, { field, cause: error });
  if (code === 'EACCES')
    return new OuroborosError('EACCES', `no permission to listen at ${place}`, { field, cause: error });
  return toOuroborosError(error);
}

const placeOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress ?? 'gone'} ${remotePort ?? ''}`.trim();
