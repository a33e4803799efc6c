import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { toOuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow/node';
import type { ConnectOptions } from '../arguments.js';
import { listenFault, placeOf } from '../place.js';
import type { Service, ServiceParts } from '../service.js';
import { DatagramFlow, bytesOf, noDatagrams } from './datagram-flow.js';

/** Who sends from more ports than these has to wait until some were silent. */
const MAX_CLIENTS = 1024;
/** Datagrams of one client that wait for its flow. */
const MAX_WAITING = 32;
/** A client whose flow was refused gets the next one after this time at the earliest. */
const REFUSED_MS = 1000;

interface Client {
  readonly peer: string;
  readonly address: RemoteInfo;
  readonly waiting: Uint8Array[];
  flow: DatagramFlow | null;
  refused: boolean;
}

/** Each address that sends to a local UDP port has a flow to one name, until both sides are silent for a while. */
export async function connectUdp(options: ConnectOptions, parts: ServiceParts): Promise<Service> {
  const { bind, name } = options;
  const socket = createSocket(isIPv6(bind.host) ? 'udp6' : 'udp4');
  socket.bind(bind.port, bind.host);
  await once(socket, 'listening').catch((thrown: unknown) => Promise.reject(listenFault(thrown, bind)));
  const clients = new UdpClients(socket, options, parts);
  parts.journal.tell({ event: 'listening', name, at: placeOf(socket.address()) });
  return {
    statistics: () => clients.statistics(),
    close: async () => {
      await clients.close();
      socket.close();
    },
  };
}

class UdpClients {
  private readonly clients = new Map<string, Client>();
  private readonly running = new Set<Promise<void>>();
  private readonly counters = noDatagrams();
  private readonly stop = new AbortController();
  private opened = 0;
  private failed = 0;

  constructor(
    private readonly socket: Socket,
    private readonly options: ConnectOptions,
    private readonly parts: ServiceParts,
  ) {
    socket.on('message', (datagram, address) => this.fromClient(datagram, address));
    socket.on('error', () => (this.counters.droppedBySystem += 1));
  }

  statistics(): Readonly<Record<string, number>> {
    const { opened, failed, counters } = this;
    return { opened, open: this.running.size, failed, ...counters };
  }

  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.running);
  }

  private fromClient(datagram: Uint8Array, address: RemoteInfo): void {
    const peer = placeOf(address);
    const client = this.clients.get(peer) ?? this.welcome(peer, address);
    if (client?.flow) client.flow.put(datagram);
    else if (!client || client.refused || client.waiting.length >= MAX_WAITING) this.counters.droppedNoFlow += 1;
    else client.waiting.push(datagram);
  }

  private welcome(peer: string, address: RemoteInfo): Client | undefined {
    if (this.clients.size >= MAX_CLIENTS || this.stop.signal.aborted) return undefined;
    const client: Client = { peer, address, waiting: [], flow: null, refused: false };
    this.clients.set(peer, client);
    const served = this.serve(client).finally(() => {
      this.clients.delete(peer);
      this.running.delete(served);
    });
    this.running.add(served);
    return client;
  }

  private async serve(client: Client): Promise<void> {
    const { flows, journal } = this.parts;
    const { name, qos, waitMs } = this.options;
    const { signal } = this.stop;
    const party = { name, peer: client.peer };
    try {
      const flow = await flows.alloc(name, { qos, timeoutMs: waitMs, signal });
      this.opened += 1;
      journal.tell({ event: 'opened', flow: flow.id, ...party });
      await this.carry(client, flow);
      journal.tell({ event: 'closed', flow: flow.id, ...party, ...bytesOf(flow) });
    } catch (thrown) {
      if (signal.aborted) return;
      this.failed += 1;
      client.refused = true;
      this.counters.droppedNoFlow += client.waiting.length;
      const { code, message } = toOuroborosError(thrown);
      journal.tell({ event: 'failed', ...party, code, message });
      await pause(REFUSED_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async carry(client: Client, flow: Flow): Promise<void> {
    const { address, port } = client.address;
    const deliver = (bytes: Uint8Array): void =>
      this.socket.send(bytes, port, address, (error) => {
        if (error) this.counters.droppedBySystem += 1;
      });
    client.flow = new DatagramFlow(flow, this.counters, deliver, this.options.idleMs);
    for (const datagram of client.waiting.splice(0)) client.flow.put(datagram);
    await client.flow.run(this.stop.signal);
  }
}
