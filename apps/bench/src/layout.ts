import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoNode } from '@ouroboros/demo';

/** One way from a client to a server, with whatever lies between. */
export interface Path {
  readonly title: string;
  /** What a packet crosses, in one line. */
  readonly story: string;
  /** The name that is served. */
  readonly name: string;
  readonly clientDir: string;
  readonly serverDir: string;
}

const A = '127.0.0.1';
const B = '127.0.0.2';

/** The nodes of the bench and a server process for each path. */
export class Layout {
  private readonly nodes: DemoNode[] = [];
  private readonly servers: ChildProcess[] = [];

  private constructor(
    private readonly folder: string,
    readonly paths: readonly Path[],
  ) {}

  static async start(port: number): Promise<Layout> {
    const folder = mkdtempSync(join(tmpdir(), 'o7b-'));
    const layout = new Layout(folder, pathsIn(folder));
    try {
      await layout.build(String(port));
      return layout;
    } catch (error) {
      await layout.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const server of this.servers) server.kill();
    await Promise.all(this.nodes.map((node) => node.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async build(port: string): Promise<void> {
    const config = join(this.folder, 'no-direct-flows.conf');
    writeFileSync(config, '[irmd]\ndirect_flows = false\n');
    const start = async (name: string, address: string, file?: string): Promise<DemoNode> => {
      const node = await DemoNode.start({ name, address, runtimeDir: join(this.folder, name), config: file });
      this.nodes.push(node);
      return node;
    };
    const [a, b, local] = await Promise.all([start('a', A), start('b', B), start('l', A, config)]);
    await local.irm.bootstrapIpcp({ name: 'local', type: 'local', layer: 'loop' });
    await this.join(a, b, port);
    for (const { name, serverDir } of this.paths) await this.serve(this.nodeOf(serverDir), name);
    await Promise.all([
      local.irm.regName('bench-local', { layers: ['loop'] }),
      b.irm.regName('bench-udp', { layers: ['udp'] }),
      b.irm.regName('bench-net', { layers: ['net'] }),
    ]);
  }

  /** Layer `udp` on both nodes and layer `net` on top of it. */
  private async join(a: DemoNode, b: DemoNode, port: string): Promise<void> {
    const hosts = `net.a=${A},net.b=${B},bench-udp=${B}`;
    for (const { irm, plan } of [a, b]) {
      await irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'udp', config: { ip: plan.address, port, hosts } });
    }
    await a.irm.bootstrapIpcp({ name: 'net.a', type: 'unicast', layer: 'net', autobind: true });
    await a.irm.regName('net.a', { layers: ['udp'] });
    await b.irm.enrollIpcp({ name: 'net.b', type: 'unicast', layer: 'net', dst: 'net.a', autobind: true });
    await b.irm.regName('net.b', { layers: ['udp'] });
    await b.irm.connectIpcp({ name: 'net.b', dst: 'net.a' });
  }

  private nodeOf(dir: string): DemoNode {
    return this.nodes.find((node) => node.plan.runtimeDir === dir)!;
  }

  private async serve({ irm, plan }: DemoNode, name: string): Promise<void> {
    const server = fork(process.argv[1]!, ['--serve', plan.runtimeDir], { stdio: 'inherit' });
    this.servers.push(server);
    await once(server, 'message');
    await irm.createName(name);
    await irm.bindProcess(server.pid!, name);
  }
}

function pathsIn(folder: string): Path[] {
  const [a, b, l] = ['a', 'b', 'l'].map((name) => join(folder, name)) as [string, string, string];
  return [
    { title: 'direct', story: 'one node, two processes', name: 'bench-direct', clientDir: a, serverDir: a },
    { title: 'local', story: 'one node, through ipcpd-local', name: 'bench-local', clientDir: l, serverDir: l },
    { title: 'udp4', story: 'two nodes, through both ipcpd-udp4', name: 'bench-udp', clientDir: a, serverDir: b },
    {
      title: 'unicast',
      story: 'two nodes, through both ipcpd-unicast and both ipcpd-udp4',
      name: 'bench-net',
      clientDir: a,
      serverDir: b,
    },
  ];
}
