import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '@ouroboros/model';
import { listenFault, placeOf } from '../place.js';

/** A local TCP port; connections are paused until they are piped. EEXIST: in use. */
export async function listen({ host, port }: Endpoint, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(
    { allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true },
    onConnection,
  );
  server.listen(port, host);
  await once(server, 'listening').catch((thrown: unknown) => Promise.reject(listenFault(thrown, { host, port })));
  return server;
}

/** Who is at the other side of a connection. */
export const peerOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string =>
  placeOf({ address: remoteAddress, port: remotePort });
