import { OuroborosError } from '@ouroboros/model';
import type { CancelSignal, Management, StatusEvent } from '@ouroboros/ports';
import { MANAGEMENT_METHODS, type ManagementMethod } from './management-methods.js';
import type { ManagementConnection } from './wire/client.js';

/**
 * The management service of the IRM daemon at a socket. Nothing is loaded or connected before the first call; a broken
 * connection is made again by the next call. All calls reject with OuroborosError: the daemon's own, or EIRMD within
 * 1 s when it is not reachable. `watch` ends when its signal aborts and throws EIRMD when the daemon goes away.
 */
export function connectManagement(irmSocketPath: string): Management & { close(): void } {
  let connection: Promise<ManagementConnection> | undefined;
  let closed = false;
  const connected = (): Promise<ManagementConnection> => {
    if (closed) return Promise.reject(new OuroborosError('EBADF', 'this management client was closed'));
    return (connection ??= load(irmSocketPath));
  };

  const call = async (name: ManagementMethod, args: readonly unknown[]): Promise<unknown> => {
    const { pack, unwrap } = MANAGEMENT_METHODS[name];
    return unwrap(await (await connected()).unary(name, pack(args)));
  };
  const names = Object.keys(MANAGEMENT_METHODS) as ManagementMethod[];
  const methods = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => call(name, args)]));

  async function* watch(signal?: CancelSignal): AsyncIterable<StatusEvent> {
    for await (const event of (await connected()).watch(signal)) yield event as StatusEvent;
  }
  const close = (): void => {
    closed = true;
    void connection?.then((opened) => opened.close());
  };
  return { ...(methods as unknown as Omit<Management, 'watch'>), watch, close };
}

async function load(irmSocketPath: string): Promise<ManagementConnection> {
  const client = await import('./wire/client.js');
  return new client.ManagementConnection(irmSocketPath);
}
