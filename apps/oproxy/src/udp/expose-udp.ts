import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { lookup } from 'node:dns/promises';
import { OuroborosError, endpointText, type Endpoint } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow/node';
import { offerName, serveFlows } from '@ouroboros/tool-kit';
import type { ExposeOptions } from '../arguments.js';
import { placeOf } from '../place.js';
import type { Service, ServiceParts } from '../service.js';
import { DatagramFlow, bytesOf, noDatagrams } from './datagram-flow.js';

/** Each flow to a name has a local UDP port of its own, from which its packets go to one port as datagrams. */
export async function exposeUdp(options: ExposeOptions, { flows, journal }: ServiceParts): Promise<Service> {
  const { name, target, layers } = options;
  const stop = new AbortController();
  const exposed = new ExposedPort(options, { flows, journal });
  const serving = serveFlows(
    {
      accept: (signal) => flows.accept({ signal }),
      serve: (flow, signal) => exposed.serve(flow, signal),
      output: { line: () => undefined, remark: (message) => journal.tell({ event: 'remark', code: 'EIO', message }) },
    },
    stop.signal,
  );
  const offered = flows.ready().then(() => offerName(flows, name, layers));
  const undo = await offered.catch((thrown: unknown) => {
    stop.abort();
    throw thrown;
  });
  journal.tell({ event: 'listening', name, at: endpointText(target) });
  return {
    statistics: () => exposed.statistics(),
    close: async () => {
      await undo();
      stop.abort();
      await serving;
    },
  };
}

class ExposedPort {
  private readonly counters = noDatagrams();
  private opened = 0;
  private open = 0;

  constructor(
    private readonly options: ExposeOptions,
    private readonly parts: ServiceParts,
  ) {}

  statistics(): Readonly<Record<string, number>> {
    const { opened, open, counters } = this;
    return { opened, open, ...counters };
  }

  async serve(flow: Flow, stop: AbortSignal): Promise<void> {
    const { name, target, idleMs } = this.options;
    if (flow.name !== name)
      throw new OuroborosError('EREFUSED', `it asks for ${flow.name}, this process exposes ${name}`);
    const socket = await openSocket(target);
    const party = { name, peer: placeOf(socket.address()) };
    this.opened += 1;
    this.open += 1;
    this.parts.journal.tell({ event: 'opened', flow: flow.id, ...party });
    try {
      await this.carry(flow, socket, idleMs, stop);
    } finally {
      this.open -= 1;
      socket.close();
      this.parts.journal.tell({ event: 'closed', flow: flow.id, ...party, ...bytesOf(flow) });
    }
  }

  private carry(flow: Flow, socket: Socket, idleMs: number, stop: AbortSignal): Promise<void> {
    const bySystem = (error: Error | null): void => {
      if (error) this.counters.droppedBySystem += 1;
    };
    const deliver = (bytes: Uint8Array): void => socket.send(bytes, bySystem);
    const datagrams = new DatagramFlow(flow, this.counters, deliver, idleMs);
    socket.on('message', (datagram) => datagrams.put(datagram));
    // The other host said that nobody listens there.
    socket.on('error', bySystem);
    return datagrams.run(stop);
  }
}

async function openSocket({ host, port }: Endpoint): Promise<Socket> {
  const { address, family } = await lookup(host);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  socket.connect(port, address);
  await once(socket, 'connect');
  return socket;
}
