import { OuroborosError } from '@ouroboros/model';
import type { CancelSignal, Management, WatchEvent, WatchKind } from '@ouroboros/ports';
import { MANAGEMENT_METHODS, type ManagementMethod } from './management-methods.js';
import type { RemoteNode } from './remote-node.js';
import type { ManagementConnection } from './wire/client.js';

export interface ManagementOptions {
  /** How long one call may take; then it rejects ETIMEDOUT, and what it began goes on. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The management service of an IRM daemon: at a socket of this host, given by its path, or of another host. Nothing is
 * loaded or connected before the first call; a broken connection is made again by the next call. All calls reject with
 * OuroborosError: the daemon's own, or EIRMD when it is not reachable, within 1 s on this host and 20 s on another, where
 * EINVAL may say which certificate file can't be used. `watch` ends when its signal aborts and throws EIRMD when the
 * daemon goes away.
 */
export function connectManagement(
  node: string | RemoteNode,
  options: ManagementOptions = {},
): Management & { close(): void } {
  let connection: Promise<ManagementConnection> | undefined;
  let closed = false;
  const connected = (): Promise<ManagementConnection> => {
    if (closed) return Promise.reject(new OuroborosError('EBADF', 'this management client was closed'));
    return (connection ??= load(node));
  };

  const call = async (name: ManagementMethod, args: readonly unknown[]): Promise<unknown> => {
    const { pack, unwrap } = MANAGEMENT_METHODS[name];
    return unwrap(await (await connected()).unary(name, pack(args), options.timeoutMs));
  };
  const names = Object.keys(MANAGEMENT_METHODS) as ManagementMethod[];
  const methods = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => call(name, args)]));

  async function* watch(signal?: CancelSignal, kinds: readonly WatchKind[] = []): AsyncIterable<WatchEvent> {
    for await (const event of (await connected()).watch(kinds, signal)) yield event as WatchEvent;
  }
  const close = (): void => {
    closed = true;
    void connection?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  };
  return { ...(methods as unknown as Omit<Management, 'watch'>), watch, close };
}

async function load(node: string | RemoteNode): Promise<ManagementConnection> {
  const client = await import('./wire/client.js');
  return new client.ManagementConnection(node);
}
