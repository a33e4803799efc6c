import type { Socket } from 'node:net';
import { OuroborosError, QOS_DATA } from '@ouroboros/model';
import { connect, type FlowStream } from '@ouroboros/flow/node';
import type { SocksOptions } from '../arguments.js';
import type { ServiceParts } from '../service.js';
import type { Connections } from '../tcp/connections.js';
import { STREAM_OPTIONS } from '../tcp/join.js';
import { peerOf } from '../tcp/listen.js';
import { flowNameOf } from './flow-name.js';

/** How a client of a proxy learns what became of its request. */
export interface ProxyAnswers {
  accepted(socket: Socket): void;
  /** Says so, and ends the connection. */
  refused(socket: Socket, error: Error): void;
}

/** The way of a proxy's clients to flows. */
export class Gate {
  constructor(
    private readonly options: SocksOptions,
    private readonly parts: ServiceParts,
    readonly connections: Connections,
  ) {}

  /** Joins a client to a flow for its host name, or refuses it. */
  async join(socket: Socket, host: string, answers: ProxyAnswers): Promise<void> {
    try {
      const stream = await this.open(socket, host);
      answers.accepted(socket);
      this.connections.carry(socket, stream, { name: stream.name!, peer: peerOf(socket) });
    } catch (thrown) {
      this.refuse(socket, host, thrown as Error, answers);
    }
  }

  refuse(socket: Socket, host: string, error: Error, answers: ProxyAnswers): void {
    this.connections.fail({ name: host, peer: peerOf(socket) }, error);
    answers.refused(socket, error);
  }

  /** A stream whose flow is there. EACCES: the host name stands for no flow; errors of Connections.flowOf. */
  async open(socket: Socket, host: string): Promise<FlowStream> {
    socket.setTimeout(0);
    const { suffix, waitMs } = this.options;
    const name = flowNameOf(host, suffix);
    if (name === undefined) {
      throw new OuroborosError('EACCES', `the host name ${JSON.stringify(host)} does not end with ${suffix}`);
    }
    const how = { ...STREAM_OPTIONS, flows: this.parts.flows, qos: QOS_DATA, connectTimeoutMs: waitMs };
    return this.connections.flowOf(socket, name, () => connect(name, how));
  }
}
