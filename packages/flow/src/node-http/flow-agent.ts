import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { OuroborosError } from '@ouroboros/model';
import { connect, type ConnectOptions, type FlowStream } from '../node.js';

export type FlowAgentOptions = AgentOptions & Pick<ConnectOptions, 'flows' | 'qos' | 'connectTimeoutMs'>;

/**
 * An agent for `http.request` and `http.get` that reaches names: `http.get({ agent, host: 'web', path: '/' })`, or
 * `http.get('http://web/', { agent })`, where the name can be a host in a URL. A host is a name as it stands; ports mean
 * nothing. Requests fail with the errors of Flows.alloc. With `keepAlive` (default: false) flows are kept for the next
 * request, and with them the process stays alive until `destroy` of the agent.
 */
export function flowAgent(options: FlowAgentOptions = {}): Agent {
  return new FlowAgent(options);
}

class FlowAgent extends Agent {
  private readonly connectOptions: ConnectOptions;
  private readonly idleMs: number;

  constructor({ flows, qos, connectTimeoutMs, ...options }: FlowAgentOptions) {
    super(options);
    this.idleMs = options.timeout ?? 0;
    this.connectOptions = { flows, qos, connectTimeoutMs };
  }

  override createConnection({ host, hostname }: ClientRequestArgs): Duplex {
    const name = host ?? hostname;
    if (!name) throw new OuroborosError('EINVAL', 'host must be the name of a flow', { field: 'host' });
    return connect(name, this.connectOptions);
  }

  /** A flow has no keep-alives to be switched on, and needs none. */
  override keepSocketAlive(stream: Duplex): boolean {
    (stream as FlowStream).setTimeout(this.idleMs);
    return true;
  }

  override reuseSocket(): void {
    // Nothing has to be undone.
  }
}
