import type { AddressInfo, Socket } from 'node:net';
import type { SocksOptions } from '../arguments.js';
import { placeOf } from '../place.js';
import type { Service, ServiceParts } from '../service.js';
import { Connections } from '../tcp/connections.js';
import { listen } from '../tcp/listen.js';
import { Gate } from './gate.js';
import { httpProxy } from './http-proxy.js';
import { serveSocks } from './socks-client.js';
import { SOCKS_VERSION } from './socks-handshake.js';

/** A client says what it wants within this time. */
const HANDSHAKE_MS = 10_000;

/** A SOCKS and HTTP proxy on one local port: the first byte of a connection tells which it speaks. */
export async function proxyPort(options: SocksOptions, parts: ServiceParts): Promise<Service> {
  const connections = new Connections(parts.journal);
  const gate = new Gate(options, parts, connections);
  const http = httpProxy(gate);
  const serve = (socket: Socket, first: Uint8Array): void => {
    socket.pause();
    socket.unshift(first);
    if (first[0] === SOCKS_VERSION) serveSocks(socket, gate);
    else {
      http.emit('connection', socket);
      socket.resume();
    }
  };
  const server = await listen(options.bind, (socket) => {
    connections.admit(socket);
    socket.setTimeout(HANDSHAKE_MS, () => socket.destroy());
    socket.once('data', (first) => serve(socket, first)).resume();
  });
  parts.journal.tell({ event: 'listening', name: null, at: placeOf(server.address() as AddressInfo) });
  return {
    statistics: () => connections.statistics(),
    close: (graceMs) => {
      server.close();
      return connections.drain(graceMs);
    },
  };
}
