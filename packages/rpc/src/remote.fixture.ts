/** A server for other hosts on a free port of the loopback, with an authority and certificates of its own, for specs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeClock, type CertificateFiles } from '@ouroboros/node-runtime';
import { openPki, Places, type Pki } from '@ouroboros/pki';
import type { Management } from '@ouroboros/ports';
import { connectManagement, RemoteIrmServer, type RemoteIrmOptions, type RemoteNode, type Role } from './index.js';
import { refusing } from './rig.fixture.js';

const HOST = '127.0.0.1';
const NODE = 'node1';

export class RemoteRig {
  readonly roles = new Map<string, Role>();
  readonly refusals: string[] = [];
  port = 0;
  server!: RemoteIrmServer;
  private readonly conf = mkdtempSync(join(tmpdir(), 'ob-remote-'));
  private readonly closers: (() => void)[] = [];
  private readonly security = join(this.conf, 'security');
  readonly ca = join(this.security, 'cacert', 'lab.pem');
  readonly crl = join(this.security, 'crl', 'lab.pem');
  pki!: Pki;

  static async open(
    management: Partial<Management>,
    options: Partial<RemoteIrmOptions> = {},
    files = (rig: RemoteRig): CertificateFiles => ({ own: rig.own('server', NODE), ca: rig.ca }),
  ): Promise<RemoteRig> {
    const rig = new RemoteRig();
    rig.pki = await openPki(new Places(rig.conf), new NodeClock());
    await rig.pki.init({ name: 'lab' });
    await rig.pki.issue({ name: NODE, roles: ['server'] });
    rig.port = await freePort();
    rig.server = rig.keep(
      new RemoteIrmServer({
        listen: { host: HOST, port: rig.port },
        files: files(rig),
        roleOf: (subject) => rig.roles.get(subject) ?? null,
        managementFor: () => refusing(management),
        onRefused: (_, why) => rig.refusals.push(why),
        ...options,
      }),
    );
    await rig.server.listen();
    return rig;
  }

  /** Closes this with the rig; the last comes first. */
  keep<T extends { close(): void }>(thing: T): T {
    this.closers.push(() => thing.close());
    return thing;
  }

  /** Where certificate and key of a name stand. */
  own(role: 'server' | 'client', name: string): CertificateFiles['own'] {
    return { cert: join(this.security, role, name, 'crt.pem'), key: join(this.security, role, name, 'key.pem') };
  }

  /** A certificate for a caller, and how it reaches the server with it. */
  async caller(subject: string, role?: Role): Promise<RemoteNode> {
    const name = `for-${subject}`;
    await this.pki.issue({ name, roles: ['client'], as: subject });
    if (role) this.roles.set(subject, role);
    return this.node({ own: this.own('client', name), ca: this.ca });
  }

  node(files: CertificateFiles, serverName: string | undefined = NODE): RemoteNode {
    return { endpoint: { host: HOST, port: this.port }, files, serverName };
  }

  connect(node: RemoteNode, timeoutMs?: number): Management {
    return this.keep(connectManagement(node, { timeoutMs }));
  }

  close(): void {
    for (const close of this.closers.reverse()) close();
    rmSync(this.conf, { recursive: true });
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, HOST, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
