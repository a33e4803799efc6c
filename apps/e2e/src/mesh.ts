import type { DemoNode } from '@ouroboros/demo';
import type { JsonObject } from '@ouroboros/model';
import type { Site } from './site.js';

/** `a-b`: b joins through a, or connects to it. */
export type MeshLink = `${string}-${string}`;

/** Type and configuration of the layer below at a node, beside its address and the hosts. */
export interface Below {
  readonly type: string;
  readonly config?: JsonObject;
}

/**
 * A layer `net` over UDP on nodes of any name, the first of which begins it. The first link of each other node is the one that it
 * enrolls through.
 */
export class Mesh {
  private constructor(
    private readonly site: Site,
    private readonly nodes: readonly DemoNode[],
  ) {}

  static async build(
    site: Site,
    names: readonly string[],
    links: readonly MeshLink[],
    config: JsonObject,
    below: (name: string) => Below = () => ({ type: 'udp4' }),
  ): Promise<Mesh> {
    const nodes = await Promise.all(names.map((name, i) => site.node(name, `127.0.0.${i + 1}`)));
    const mesh = new Mesh(site, nodes);
    await Promise.all(nodes.map((node) => mesh.lowerLayer(node, below(node.plan.name))));
    await mesh.begin(nodes[0]!, config);
    for (const link of links) await mesh.link(link);
    return mesh;
  }

  get(name: string): DemoNode {
    const node = this.nodes.find(({ plan }) => plan.name === name);
    if (!node) throw new Error(`no node ${name}`);
    return node;
  }

  /** Silently drops all packets of a link, in both directions; no daemon is told. */
  cut(link: MeshLink): Promise<unknown> {
    return this.fault(link, 'drop');
  }

  heal(link: MeshLink): Promise<unknown> {
    return this.fault(link, 'clear');
  }

  private fault(link: MeshLink, what: 'drop' | 'clear'): Promise<unknown> {
    const [a, b] = this.ends(link);
    return a.irm.management.ipcpControl('udp', 'fault', { [what]: b.plan.address });
  }

  private ends(link: MeshLink): readonly [DemoNode, DemoNode] {
    const [a, b] = link.split('-') as [string, string];
    return [this.get(a), this.get(b)];
  }

  private async lowerLayer({ irm, plan }: DemoNode, { type, config: own }: Below): Promise<void> {
    const hosts = this.nodes.map((one) => `net.${one.plan.name}=${one.plan.address}`).join(',');
    const config = { ip: plan.address, port: String(this.site.port), hosts, ...own };
    await irm.bootstrapIpcp({ name: 'udp', type, layer: 'udp', config });
  }

  private async begin({ irm, plan }: DemoNode, config: JsonObject): Promise<void> {
    const name = `net.${plan.name}`;
    await irm.bootstrapIpcp({ name, type: 'unicast', layer: 'net', autobind: true, config });
    await irm.regName(name, { layers: ['udp'] });
  }

  private async link(link: MeshLink): Promise<void> {
    const [a, b] = this.ends(link);
    const [name, dst] = [`net.${b.plan.name}`, `net.${a.plan.name}`];
    const known = (await b.irm.listIpcps()).some((ipcp) => ipcp.name === name);
    if (!known) {
      await b.irm.enrollIpcp({ name, type: 'unicast', layer: 'net', dst, autobind: true });
      await b.irm.regName(name, { layers: ['udp'] });
    }
    await b.irm.connectIpcp({ name, dst });
  }
}
