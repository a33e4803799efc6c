import { QOS_RAW, type JsonObject } from '@ouroboros/model';
import type { SimNode, Simulation } from '@ouroboros/simnet';

/**
 * Layers on layers: UDP, and unicast ranks 1, 2, … above it, on nodes in a line. IPCP `r<rank>.n<node>` is a member of layer
 * `rank<rank>`, registered in the layer below, and linked with its neighbours in the line.
 */
export class Tower {
  readonly nodes: SimNode[] = [];

  constructor(
    readonly sim: Simulation,
    private readonly size: number,
    private readonly ranks: number,
    /** Of the members; at the first node it is the layer's as well. */
    private readonly configOf: (rank: number, i: number) => JsonObject = () => ({}),
  ) {}

  async build(): Promise<void> {
    const hosts = Array.from({ length: this.size }, (_, i) => `r1.n${i}=10.0.0.${i + 1}`).join(',');
    for (let i = 0; i < this.size; i += 1) {
      const node = this.sim.node(`n${i}`, `10.0.0.${i + 1}`);
      this.nodes.push(node);
      await node.irm.ipcpCreate({ name: `udp.n${i}`, type: 'udp4', restart: 'on-failure' });
      const config = { ip: `10.0.0.${i + 1}`, hosts };
      await node.irm.ipcpBootstrap({ name: `udp.n${i}`, layer: 'udp', config, autobind: false });
    }
    for (let rank = 1; rank <= this.ranks; rank += 1) await this.addRank(rank);
  }

  /** Serves a name in the top layer of a node by echo. */
  async serve(i: number, name: string): Promise<void> {
    (await this.nodes[i]!.server(name)).echo();
    await this.nodes[i]!.irm.nameRegister(name, this.ipcp(this.ranks, i));
  }

  /** Name of the member of `rank` on node `i`; rank 0 = UDP. */
  ipcp(rank: number, i: number): string {
    return rank === 0 ? `udp.n${i}` : `r${rank}.n${i}`;
  }

  async neighbors(rank: number, i: number): Promise<JsonObject[]> {
    return (await this.nodes[i]!.irm.ipcpReport(this.ipcp(rank, i), 'neighbors')) as JsonObject[];
  }

  private async addRank(rank: number): Promise<void> {
    for (const [i, { irm }] of this.nodes.entries()) {
      const name = this.ipcp(rank, i);
      const below = this.ipcp(rank, i - 1);
      const [layer, config] = [`rank${rank}`, this.configOf(rank, i)];
      await irm.ipcpCreate({ name, type: 'unicast', restart: 'on-failure' });
      if (i === 0) await irm.ipcpBootstrap({ name, layer, config, autobind: true });
      else await irm.ipcpEnroll({ name, dst: below, layer, config, autobind: true });
      await irm.nameRegister(name, this.ipcp(rank - 1, i));
      if (i === 0) continue;
      await irm.ipcpConnect({ name, dst: below, component: 'Management', qos: QOS_RAW });
      await irm.ipcpConnect({ name, dst: below, component: 'Data Transfer', qos: QOS_RAW });
    }
  }
}
