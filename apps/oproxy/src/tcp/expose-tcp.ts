import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { OuroborosError, toOuroborosError, endpointText, type Endpoint } from '@ouroboros/model';
import { createServer, type Flow } from '@ouroboros/flow/node';
import { offerName } from '@ouroboros/tool-kit';
import type { ExposeOptions } from '../arguments.js';
import type { Service, ServiceParts } from '../service.js';
import { Connections } from './connections.js';
import { STREAM_OPTIONS } from './join.js';

/** A server on this host or near it answers sooner. */
const CONNECT_MS = 10_000;

/** Each flow to a name becomes a connection to one TCP port; where that refuses it, the flow ends at once. */
export async function exposeTcp(options: ExposeOptions, { flows, journal }: ServiceParts): Promise<Service> {
  const { name, target, layers } = options;
  const connections = new Connections(journal);
  const at = endpointText(target);
  const remark = (thrown: unknown): void => {
    const { code, message } = toOuroborosError(thrown);
    journal.tell({ event: 'remark', code, message });
  };
  const server = createServer({ ...STREAM_OPTIONS, flows }, (stream) => {
    if (stream.name === name) return connections.carry(connectTo(target), stream, { name, peer: at });
    stream.destroy();
    remark(foreign(stream.name!, name));
  });
  server.on('drop', (flow: Flow) => remark(unreliable(flow)));
  await once(server.listen(), 'listening');
  server.on('error', remark);
  const undo = await offerName(flows, name, layers).catch((thrown: unknown) => {
    server.close();
    throw thrown;
  });
  journal.tell({ event: 'listening', name, at });
  return {
    statistics: () => connections.statistics(),
    close: async (graceMs) => {
      await undo();
      server.close();
      await connections.drain(graceMs);
    },
  };
}

function connectTo({ host, port }: Endpoint): Socket {
  const socket = connectSocket({ host, port, allowHalfOpen: true, noDelay: true, keepAlive: true });
  const late = new OuroborosError('ETIMEDOUT', `no connection to ${host} within ${CONNECT_MS} ms`);
  socket.setTimeout(CONNECT_MS, () => socket.destroy(late));
  return socket.once('connect', () => socket.setTimeout(0));
}

/** Happens where irm bound this program to several names. */
const foreign = (name: string, own: string): OuroborosError =>
  new OuroborosError('EREFUSED', `a flow to ${name} came to the process that exposes ${own}, and was refused`);

const unreliable = ({ id, name }: Flow): OuroborosError =>
  new OuroborosError('EQOS', `flow ${id} to ${name} may lose packets, and was refused: TCP needs QoS data`);
