import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../hosts/index.js';
import { succeeds } from '../readiness.js';
import { CNode } from './c-node.js';

/** What a packet crosses: one node, the UDP IPCPs of two, or the unicast IPCPs on top of these as well. */
export type CPath = 'local' | 'UDP' | 'unicast';

/** Names that are served at the last node. */
export const PING = 'bench.ping';
export const FLOOD = 'bench.flood';

/** A C node needs up to 20 s before it resolves names of a unicast layer. */
const FIRST_PING_LIMIT_MS = 20_000;
/** Longer than an allocation may take: a client that is killed can take its node with it. */
const PING_LIMIT_MS = 10_000;
const JOIN_LIMIT_MS = 20_000;

/** One or two nodes of Ouroboros C with an oping that answers. */
export class CNetwork {
  private readonly nodes: CNode[] = [];

  private constructor(
    private readonly prefix: string,
    private readonly folder: string,
  ) {}

  static async start(path: CPath, hosts: readonly Host[], prefix: string, folder: string): Promise<CNetwork> {
    const network = new CNetwork(prefix, folder);
    try {
      await network.build(path, hosts.slice(0, path === 'local' ? 1 : 2));
      return network;
    } catch (error) {
      await network.stop();
      throw error;
    }
  }

  get client(): CNode {
    return this.nodes[0]!;
  }

  get server(): CNode {
    return this.nodes.at(-1)!;
  }

  memory() {
    return this.nodes.flatMap((node) => node.memory());
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private async build(path: CPath, hosts: readonly Host[]): Promise<void> {
    const file = this.writeHosts(hosts);
    for (const host of hosts) this.nodes.push(await CNode.start(host, this.prefix, file));
    for (const node of this.nodes) await bootstrapShim(node, path === 'local');
    if (path === 'unicast') await this.join();
    // The irmd of a client has to know a name as well.
    for (const node of this.nodes) for (const name of [PING, FLOOD]) await node.irm('name', 'create', name);
    const layer = path === 'unicast' ? 'net' : 'shim';
    for (const name of [PING, FLOOD]) await this.server.irm('name', 'register', name, 'layer', layer);
    await this.server.bind(this.server.start([this.server.tool('oping'), '--listen', '--quiet']), PING);
    const ping = [this.client.tool('oping'), '-n', PING, '-c', '1', '-i', '10'];
    const answered = async (): Promise<void> => {
      const printed = await this.client.run(ping, PING_LIMIT_MS);
      if (!/ 1 received/.test(printed)) throw new Error(`the nodes of C don't reach each other\n${printed}`);
    };
    await this.again(answered, FIRST_PING_LIMIT_MS);
  }

  /** Makes the layer `net` of both nodes. */
  private async join(): Promise<void> {
    const [a, b] = [this.client, this.server];
    await a.irm('ipcp', 'bootstrap', 'type', 'unicast', 'name', 'net.a', 'layer', 'net', 'autobind');
    await a.irm('name', 'register', 'net.a', 'layer', 'shim');
    await b.irm('name', 'create', 'net.a');
    const enroll = ['ipcp', 'enroll', 'type', 'unicast', 'name', 'net.b', 'layer', 'net', 'dst', 'net.a', 'autobind'];
    await this.again(() => b.irm(...enroll), JOIN_LIMIT_MS);
    await b.irm('name', 'register', 'net.b', 'layer', 'shim');
    await this.again(() => b.irm('ipcp', 'connect', 'name', 'net.b', 'dst', 'net.a'), JOIN_LIMIT_MS);
  }

  private again<T>(action: () => Promise<T>, limitMs: number): Promise<T> {
    return succeeds(action, limitMs, () => this.nodes.every(({ running }) => running));
  }

  /** Over UDP C looks for the MD5 of a name in the file of hosts. */
  private writeHosts(hosts: readonly Host[]): string {
    const at = (name: string, host: Host): string =>
      `${host.address} ${createHash('md5').update(name).digest('hex')}\n`;
    const [first, last] = [hosts[0]!, hosts.at(-1)!];
    const lines = [at('net.a', first), ...['net.b', PING, FLOOD].map((name) => at(name, last))];
    const file = join(this.folder, 'hosts');
    writeFileSync(file, `127.0.0.1 localhost\n${lines.join('')}`);
    return file;
  }
}

async function bootstrapShim(node: CNode, local: boolean): Promise<void> {
  const type = local ? ['type', 'local'] : ['type', 'udp4', 'ip', node.host.address];
  await node.irm('ipcp', 'bootstrap', ...type, 'name', 'shim', 'layer', 'shim');
}
