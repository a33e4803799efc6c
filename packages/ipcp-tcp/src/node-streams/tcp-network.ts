import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
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

  ownPin({ own }: TlsFiles): string | null {
    try {
      return own && pinOf(new X509Certificate(readFileSync(own.cert)));
    } catch {
      return null;
    }
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
        const fault = tls?.pin ? pinFault(socket as TLSSocket, tls.pin) : undefined;
        if (fault) return void socket.destroy(new Error(fault));
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
    // With a pin the key is looked at instead, before anything is sent.
    rejectUnauthorized: tls.pin === null,
  };
}

function pinFault(socket: TLSSocket, pin: string): string | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate && pinOf(certificate) === pin) return undefined;
  return 'the certificate of the other side has another key than the pin says';
}

/** As long as the fingerprint of an authority in a token. */
const PIN_DIGITS = 32;

const pinOf = ({ publicKey }: X509Certificate): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, PIN_DIGITS);

const placeOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress ?? 'gone'} ${remotePort ?? ''}`.trim();
