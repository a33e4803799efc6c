import type { Socket } from 'node:net';
import { Agent, fetch, type RequestInfo, type RequestInit, type Response, type buildConnector } from 'undici';
import { OuroborosError } from '@ouroboros/model';
import { connect, type ConnectOptions } from '../node.js';

export type FlowFetchOptions = Pick<ConnectOptions, 'flows' | 'qos' | 'connectTimeoutMs'>;

/** The `fetch` of Node. */
export type FlowFetch = (input: RequestInfo, init?: RequestInit) => Promise<Response>;

/** How long a flow is kept for the next request: a program ends so much later than its last one. */
const KEEP_MS = 250;

/**
 * A `fetch` that reaches names: `http://web/path` is asked of the process that serves `web`. A URL's host is the name in
 * lower case; ports mean nothing, and there is no https: flows are encrypted themselves. Rejects as `fetch` does, with the
 * errors of Flows.alloc as `cause`; ENOTSUP for https.
 */
export function createFlowFetch(options: FlowFetchOptions = {}): FlowFetch {
  const keep = { keepAliveTimeout: KEEP_MS, keepAliveMaxTimeout: KEEP_MS };
  const dispatcher = new Agent({ connect: connector(options), allowH2: false, ...keep });
  return (input, init) => fetch(input, { ...init, dispatcher });
}

let byDefault: FlowFetch | undefined;

/** See createFlowFetch; at the node of the environment. */
export function flowFetch(input: RequestInfo, init?: RequestInit): Promise<Response> {
  byDefault ??= createFlowFetch();
  return byDefault(input, init);
}

function connector(options: FlowFetchOptions): buildConnector.connector {
  return ({ hostname, protocol }, callback) => {
    if (protocol !== 'http:') {
      return callback(
        new OuroborosError('ENOTSUP', `${protocol} is not for flows, which are encrypted themselves`),
        null,
      );
    }
    const stream = connect(hostname, options);
    const failed = (error: Error): void => callback(error, null);
    stream.once('error', failed).once('connect', () => {
      stream.off('error', failed);
      // What undici asks of a socket, every Duplex has.
      callback(null, stream as unknown as Socket);
    });
  };
}
