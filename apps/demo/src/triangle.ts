import { join } from 'node:path';
import type { Irm } from '@ouroboros/irm';
import { binFolder } from './programs.js';
import { DemoNode, type NodePlan } from './demo-node.js';

export interface TriangleOptions {
  /** Runtime directories are this for n1, and this with `-n2`, `-n3` for the others. */
  readonly runtimeDir: string;
  readonly port: number;
  /** Gets each step, as the command that does it. */
  readonly say: (node: string, command: string) => void;
  /** When it aborts, no further step is begun: `start` ends what it has started and rejects with the reason. */
  readonly signal?: AbortSignal;
}

const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

/**
 * Three nodes on 127.0.0.1, .2 and .3: on each a layer `udp` and a unicast layer `net` on top of it, every two of them
 * connected; the name `hello` is served on n2 and n3.
 */
export class Triangle {
  private constructor(
    readonly nodes: readonly DemoNode[],
    private readonly options: TriangleOptions,
  ) {}

  static async start(options: TriangleOptions): Promise<Triangle> {
    const plans = plansOf(options.runtimeDir);
    const started = await Promise.allSettled(plans.map((plan) => startNode(plan, options)));
    const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const triangle = new Triangle(nodes, options);
    try {
      const failure = started.find((result) => result.status === 'rejected');
      if (failure) throw failure.reason as Error;
      await triangle.build();
      return triangle;
    } catch (error) {
      await triangle.stop();
      throw error;
    }
  }

  get(name: string): DemoNode {
    const node = this.nodes.find((one) => one.plan.name === name);
    if (!node) throw new Error(`no node ${name}`);
    return node;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** Serves `name` on a node by an oping that irmd starts at the first call. */
  async serve(name: string, node: string): Promise<void> {
    const irm = this.get(node).irm;
    await this.step(node, `irm name create ${name}`, () => irm.createName(name, { balancing: 'round-robin' }));
    await this.step(node, `irm bind program oping name ${name} auto -- --listen --quiet`, async () => {
      await irm.bindProgram(join(binFolder(), 'oping'), name, { auto: true, args: ['--listen', '--quiet'] });
    });
    await this.step(node, `irm name register ${name} layer net`, () => irm.regName(name, { layers: ['net'] }));
  }

  /** Silently drops all packets between two nodes, in both directions; no daemon is told. */
  async cut(a: string, b: string): Promise<void> {
    const drop = this.get(b).plan.address;
    await this.step(a, `irm ipcp fault udp drop ${drop}`, () => this.fault(a, { drop }));
  }

  async heal(node: string): Promise<void> {
    await this.step(node, 'irm ipcp fault udp clear', () => this.fault(node, { clear: true }));
  }

  private fault(node: string, args: { drop: string } | { clear: boolean }): Promise<unknown> {
    return this.get(node).irm.management.ipcpControl('udp', 'fault', args);
  }

  private async build(): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.lowerLayers(node)));
    await this.bootstrap('n1');
    await Promise.all(['n2', 'n3'].map((node) => this.enroll(node)));
    await Promise.all([this.connect('n2', 'n1'), this.connect('n3', 'n1')]);
    await this.connect('n3', 'n2');
    await Promise.all(['n2', 'n3'].map((node) => this.serve('hello', node)));
  }

  private async lowerLayers({ plan, irm }: DemoNode): Promise<void> {
    const hosts = this.nodes.map((node) => `net.${node.plan.name}=${node.plan.address}`).join(',');
    const port = String(this.options.port);
    await this.step(plan.name, 'irm ipcp bootstrap type local name local layer loop', () =>
      irm.bootstrapIpcp({ name: 'local', type: 'local', layer: 'loop' }),
    );
    const command = `irm ipcp bootstrap type udp4 name udp layer udp ip ${plan.address} port ${port} hosts ${hosts}`;
    await this.step(plan.name, command, () =>
      irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'udp', config: { ip: plan.address, port, hosts } }),
    );
  }

  private async bootstrap(node: string): Promise<void> {
    const irm = this.get(node).irm;
    const name = `net.${node}`;
    await this.step(node, `irm ipcp bootstrap type unicast name ${name} layer net autobind`, () =>
      irm.bootstrapIpcp({ name, type: 'unicast', layer: 'net', autobind: true }),
    );
    await this.publish(node, irm);
  }

  private async enroll(node: string): Promise<void> {
    const irm = this.get(node).irm;
    const name = `net.${node}`;
    await this.step(node, `irm ipcp enroll type unicast name ${name} layer net dst net.n1 autobind`, () =>
      irm.enrollIpcp({ name, type: 'unicast', layer: 'net', dst: 'net.n1', autobind: true }),
    );
    await this.publish(node, irm);
  }

  private publish(node: string, irm: Irm): Promise<void> {
    return this.step(node, `irm name register net.${node} layer udp`, () =>
      irm.regName(`net.${node}`, { layers: ['udp'] }),
    );
  }

  private connect(from: string, to: string): Promise<void> {
    const irm = this.get(from).irm;
    return this.step(from, `irm ipcp connect name net.${from} dst net.${to}`, () =>
      irm.connectIpcp({ name: `net.${from}`, dst: `net.${to}` }),
    );
  }

  private async step(node: string, command: string, action: () => Promise<unknown>): Promise<void> {
    this.options.signal?.throwIfAborted();
    this.options.say(node, command);
    await action();
  }
}

const plansOf = (runtimeDir: string): NodePlan[] =>
  ADDRESSES.map((address, i) => ({
    name: `n${i + 1}`,
    address,
    runtimeDir: i === 0 ? runtimeDir : `${runtimeDir}-n${i + 1}`,
  }));

async function startNode(plan: NodePlan, { say, signal }: TriangleOptions): Promise<DemoNode> {
  signal?.throwIfAborted();
  say(plan.name, `irmd --runtime-dir ${plan.runtimeDir}`);
  return DemoNode.start(plan);
}
