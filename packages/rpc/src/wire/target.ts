import { credentials, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { createConnection, isIP } from 'node:net';
import { checkServerIdentity, connect as connectTls, createSecureContext, type PeerCertificate } from 'node:tls';
import { endpointText } from '@ouroboros/model';
import { readCertificateFiles } from '@ouroboros/node-runtime';
import { commonNameOf } from '../common-name.js';
import type { RemoteNode } from '../remote-node.js';

/** An IRM daemon to connect to. */
export interface Target {
  /** As gRPC writes it. */
  readonly address: string;
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
  /** How long it may take to answer a new connection. */
  readonly connectMs: number;
  /** Why nobody answers, in words. */
  diagnose(): Promise<string>;
}

/** On the same host a caller knows within 1 s, with all around it. */
const LOCAL_CONNECT_MS = 900;
const REMOTE_CONNECT_MS = 10_000;

export const localTarget = (socketPath: string): Target => ({
  address: `unix:${socketPath}`,
  credentials: credentials.createInsecure(),
  options: {},
  connectMs: LOCAL_CONNECT_MS,
  diagnose: () => diagnoseSocket(socketPath),
});

/** EINVAL with the field of a certificate file that can't be used. */
export function remoteTarget(node: RemoteNode): Target {
  const { endpoint, files } = node;
  const name = node.serverName ?? endpoint.host;
  const verify = { checkServerIdentity: (_: string, shown: PeerCertificate) => checkName(name, shown) };
  return {
    address: `dns:${endpointText(endpoint)}`,
    credentials: credentials.createFromSecureContext(createSecureContext(readCertificateFiles(files)), verify),
    options: { 'grpc.ssl_target_name_override': sniOf(name) },
    connectMs: REMOTE_CONNECT_MS,
    diagnose: () => diagnoseTls(node, name),
  };
}

/** Our own certificates have a common name and nothing else; those of other authorities are read as on the web. */
const checkName = (name: string, shown: PeerCertificate): Error | undefined =>
  commonNameOf(shown) === name ? undefined : checkServerIdentity(name, shown);

/** An address must not stand in the server name of TLS. [RFC 6066 §3] */
const sniOf = (name: string): string => (isIP(name) === 0 ? name : 'irmd');

function diagnoseSocket(socketPath: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(`it does not answer at ${socketPath}`);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES') resolve(`no permission to open ${socketPath}`);
      else if (error.code === 'ECONNREFUSED') resolve(`nobody listens at ${socketPath}`);
      else resolve(`there is no ${socketPath}`);
    });
  });
}

/** TLS 1.3: who is refused learns so only after its own handshake is done. */
const REFUSAL_MS = 1000;

function diagnoseTls({ endpoint, files }: RemoteNode, name: string): Promise<string> {
  const place = endpointText(endpoint);
  return new Promise((resolve) => {
    const socket = connectTls({
      ...readCertificateFiles(files),
      ...endpoint,
      ...{ servername: sniOf(name), ALPNProtocols: ['h2'], timeout: REMOTE_CONNECT_MS },
      checkServerIdentity: (_, shown) => checkName(name, shown),
    });
    const end = (why: string): void => {
      socket.destroy();
      resolve(`${place}: ${why}`);
    };
    let ending = 'it closed the connection';
    socket.once('secureConnect', () => {
      socket.setTimeout(REFUSAL_MS);
      ending += '; it does not believe the certificate that was shown';
    });
    socket.once('timeout', () => end('it does not answer'));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'nobody listens' : error.message),
    );
    socket.once('close', () => end(ending));
  });
}
