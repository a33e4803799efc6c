import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer, type CreateServerOptions } from '../node.js';

export type ServeHttpOptions = Pick<CreateServerOptions, 'flows'>;

export interface HttpService {
  readonly server: Server;
  /** Accepts no more flows; resolves when what was asked is answered. */
  close(): Promise<void>;
}

/**
 * Serves HTTP to those who ask for `name`, with a handler or with a server of node:http, which may listen elsewhere as
 * well. Binds this process to the name; where that is registered is not changed. A process does this once per node: it gets
 * the flows to all its names. Errors of FlowServer.listen.
 */
export async function serveHttp(
  name: string,
  handler: RequestListener | Server,
  options: ServeHttpOptions = {},
): Promise<HttpService> {
  const server = typeof handler === 'function' ? createHttpServer(handler) : handler;
  const flows = createServer({ ...options, allowHalfOpen: true }, (stream) => server.emit('connection', stream));
  await once(flows.listen(name), 'listening');
  // A server of node:http watches the time-outs of its connections from then on.
  if (!server.listening) server.emit('listening');
  return {
    server,
    close: async () => {
      const closed = once(flows, 'close');
      flows.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}
