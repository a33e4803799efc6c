/** A server in a directory of its own, for specs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OuroborosError } from '@ouroboros/model';
import type { FlowService, Management } from '@ouroboros/ports';
import { IrmServer, type IrmHandlers, type IrmServerOptions } from './irm-server.js';
import type { SocketAccess } from './unix-listener.js';

export class Rig {
  readonly dir = mkdtempSync(join(tmpdir(), 'ob-rpc-'));
  readonly path = join(this.dir, 'irm.sock');
  private readonly closers: (() => void)[] = [];
  private readonly servers: IrmServer[] = [];

  /** Closes this with the rig; the last comes first. */
  keep<T extends { close(): void }>(thing: T): T {
    this.closers.push(() => thing.close());
    return thing;
  }

  async serve(
    handlers: Partial<IrmHandlers> = {},
    options: IrmServerOptions = {},
    access: SocketAccess = { mode: 0o600 },
  ): Promise<IrmServer> {
    const server = this.keep(new IrmServer(options));
    server.setHandlers({
      managementFor: () => refusing<Management>(),
      onProcess: (session) => session.serve(refusing<FlowService>()),
      onIpcp: () => undefined,
      ...handlers,
    });
    await server.listen(this.path, access);
    this.servers.push(server);
    return server;
  }

  stopServers(): void {
    for (const server of this.servers.splice(0)) server.close();
  }

  close(): void {
    for (const close of this.closers.reverse()) close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** An implementation of which only the given methods work. */
export function refusing<T extends object>(methods: Partial<T> = {}): T {
  const refuse = (): Promise<never> => Promise.reject(new OuroborosError('ENOTSUP', 'not in this spec'));
  return new Proxy(methods as T, { get: (target, key) => Reflect.get(target, key) ?? refuse });
}

/** What a rejected promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<OuroborosError> {
  const outcome = await promise.then(
    (value) => new Error(`resolved with ${String(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof OuroborosError) return outcome;
  throw outcome;
}

/** A promise and what settles it. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
