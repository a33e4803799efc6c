import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import { NodeClock } from '@ouroboros/node-runtime';
import { openPki, Places } from '@ouroboros/pki';
import { confDirOf } from './programs.js';
import { Site } from './site.js';

/** Name in the certificate of the daemon. */
export const SERVER_NAME = 'node1';

/** A node whose API is open to other hosts, with certificates for those who call it. */
export interface ApiSite {
  readonly site: Site;
  readonly node: DemoNode;
  readonly port: number;
  readonly confDir: string;
  /** Path of irmd's configuration. */
  readonly config: string;
  readonly authority: string;
  /** Where the certificate of a caller stands, and its key. */
  of(caller: string): { readonly certificate: string; readonly key: string };
}

/** `callers` get certificates; those in `read` and `operate` roles too. */
export async function openApiSite(roles: {
  readonly read: readonly string[];
  readonly operate: readonly string[];
  readonly none: readonly string[];
}): Promise<ApiSite> {
  const site = await Site.open();
  const runtimeDir = join(site.folder, 'node');
  mkdirSync(runtimeDir, { mode: 0o700 });
  const confDir = confDirOf(runtimeDir);
  const pki = await openPki(new Places(confDir), new NodeClock());
  await pki.init({ name: 'lab' });
  await pki.issue({ name: SERVER_NAME, roles: ['server'] });
  for (const caller of [...roles.read, ...roles.operate, ...roles.none])
    await pki.issue({ name: `for-${caller}`, roles: ['client'], as: caller });
  const security = join(confDir, 'security');
  const of = (role: string, name: string) => ({
    certificate: join(security, role, name, 'crt.pem'),
    key: join(security, role, name, 'key.pem'),
  });
  const authority = join(security, 'cacert', 'lab.pem');
  const port = await freeTcpPort();
  const config = join(site.folder, 'irmd.conf');
  const own = of('server', SERVER_NAME);
  const lines = {
    ...{ listen: `127.0.0.1:${port}`, certificate: own.certificate, key: own.key, authority },
    ...{ read: roles.read, operate: roles.operate },
  };
  const text = Object.entries(lines).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  writeFileSync(config, `[api]\n${text.join('')}`);
  const node = await site.node('node', '127.0.0.1', runtimeDir, config);
  return { site, node, port, confDir, config, authority, of: (caller) => of('client', `for-${caller}`) };
}

function freeTcpPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
