import type { Path, Place } from './place.js';
import type { Watched } from '../measured/cpu-time.js';
import { BenchNode } from './node.js';

export interface LinePlan {
  /** How many nodes. */
  readonly length: number;
  /** Whether members of the lowest unicast layer encrypt what they send each other. */
  readonly encryptedLinks: boolean;
  /** Unicast layers, each on the one before. */
  readonly ranks: number;
}

/** Names that the last node serves over UDP, without a unicast layer; only where the line has two nodes. */
const OVER_UDP = ['udp.plain', 'udp.encrypted'];

/**
 * Nodes in a line: a layer over UDP between neighbours, on top a unicast layer `net1` of all nodes, and so on up to `net<ranks>`. The last node serves
 * `top.plain` and `top.encrypted` in the uppermost.
 */
export class Line {
  /** When its daemons ran, on the clock of `performance`. */
  readonly startedAt = performance.now();

  private constructor(
    private readonly plan: LinePlan,
    readonly place: Place,
    readonly nodes: readonly BenchNode[],
  ) {}

  static async start(plan: LinePlan, place: Place): Promise<Line> {
    const chosen = place.hosts.hosts.slice(0, plan.length);
    const started = await Promise.allSettled(chosen.map((host) => BenchNode.start(host, place)));
    const nodes = started.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    const line = new Line(plan, place, nodes);
    try {
      for (const one of started) if (one.status === 'rejected') throw one.reason;
      await line.build();
      return line;
    } catch (thrown) {
      await line.stop();
      throw thrown;
    }
  }

  get first(): BenchNode {
    return this.nodes[0]!;
  }

  get last(): BenchNode {
    return this.nodes.at(-1)!;
  }

  /** The uppermost unicast layer. */
  get layer(): string {
    return `net${this.plan.ranks}`;
  }

  path(name: string): Path {
    return { name, nodes: this.nodes, encrypted: name.endsWith('.encrypted') };
  }

  async daemons(): Promise<Watched[]> {
    return (await Promise.all(this.nodes.map((node) => node.daemons()))).flat();
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private async build(): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.reachNeighbours(node)));
    for (let rank = 1; rank <= this.plan.ranks; rank += 1) await this.rank(rank);
    await this.serve('top', this.layer);
    if (this.nodes.length === 2) await this.serve('udp', 'udp');
  }

  private async serve(prefix: string, layer: string): Promise<void> {
    await this.last.serve(`${prefix}.plain`, false, layer);
    await this.last.serve(`${prefix}.encrypted`, true, layer);
  }

  /** The layer `udp`. Hosts reach their neighbours only. */
  private async reachNeighbours({ irm, host }: BenchNode): Promise<void> {
    const members = this.nodes.map((node) => `${memberName(node, 1)}=${node.host.address}`);
    const served = OVER_UDP.map((name) => `${name}=${this.last.host.address}`);
    const hosts = [...members, ...served].join(',');
    await irm.bootstrapIpcp({
      name: 'udp',
      type: 'udp4',
      layer: 'udp',
      config: { ip: host.address, port: String(this.place.port), hosts },
      security: this.plan.encryptedLinks ? {} : { encryption: 'off' },
    });
  }

  /** The unicast layer `net<rank>`: the first node begins it, each further one joins it at the node before. */
  private async rank(rank: number): Promise<void> {
    const layer = `net${rank}`;
    const { irm } = this.first;
    await irm.bootstrapIpcp({ name: memberName(this.first, rank), type: 'unicast', layer, autobind: true });
    for (let i = 1; i < this.nodes.length; i += 1) await this.join(rank, i);
  }

  private async join(rank: number, i: number): Promise<void> {
    const [before, node] = [this.nodes[i - 1]!, this.nodes[i]!];
    const below = rank === 1 ? 'udp' : `net${rank - 1}`;
    const [dst, name] = [memberName(before, rank), memberName(node, rank)];
    await before.irm.regName(dst, { layers: [below] });
    await node.irm.enrollIpcp({ name, type: 'unicast', layer: `net${rank}`, dst, autobind: true });
    await node.irm.regName(name, { layers: [below] });
    await node.irm.connectIpcp({ name, dst });
  }
}

/** Of the member of `net<rank>` at a node. */
export const memberName = ({ host }: BenchNode, rank: number): string => `net${rank}.${host.name}`;
