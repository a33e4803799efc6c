import type { AddressInfo, Socket } from 'node:net';
import { connect, type FlowStream } from '@ouroboros/flow/node';
import type { ConnectOptions } from '../arguments.js';
import type { Service, ServiceParts } from '../service.js';
import { Connections } from './connections.js';
import { placeOf } from '../place.js';
import { STREAM_OPTIONS } from './join.js';
import { listen, peerOf } from './listen.js';

/** Each connection to a local port becomes a flow to one name; where there is none, it is reset. */
export async function connectTcp(options: ConnectOptions, { flows, journal }: ServiceParts): Promise<Service> {
  const { name, bind, qos, waitMs } = options;
  const connections = new Connections(journal);
  const serve = async (socket: Socket): Promise<void> => {
    const party = { name, peer: peerOf(socket) };
    connections.admit(socket);
    try {
      const open = (): FlowStream => connect(name, { ...STREAM_OPTIONS, flows, qos, connectTimeoutMs: waitMs });
      connections.carry(socket, await connections.flowOf(socket, name, open), party);
    } catch (thrown) {
      connections.fail(party, thrown as Error);
      socket.resetAndDestroy();
    }
  };
  const server = await listen(bind, (socket) => void serve(socket));
  journal.tell({ event: 'listening', name, at: placeOf(server.address() as AddressInfo) });
  return {
    statistics: () => connections.statistics(),
    close: (graceMs) => {
      server.close();
      return connections.drain(graceMs);
    },
  };
}
