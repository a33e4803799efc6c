import type { Path, Place } from './place.js';
import { BenchNode } from './node.js';

/** One node with a layer of `ipcpd-local`; names that are served with and without it. */
export class OneNode {
  private constructor(readonly nodes: readonly [BenchNode]) {}

  static async start(place: Place): Promise<OneNode> {
    const node = await BenchNode.start(place.hosts.hosts[0]!, place);
    const network = new OneNode([node]);
    try {
      await node.irm.bootstrapIpcp({ name: 'local', type: 'local', layer: 'loop' });
      await node.serve('direct', false);
      await node.serve('local.plain', false, 'loop');
      await node.serve('local.encrypted', true, 'loop');
      return network;
    } catch (thrown) {
      await network.stop();
      throw thrown;
    }
  }

  path(name: string): Path {
    return { name, nodes: this.nodes, encrypted: name.endsWith('.encrypted') };
  }

  stop(): Promise<void> {
    return this.nodes[0].stop();
  }
}
