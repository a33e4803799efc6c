import type { DemoNode } from '@ouroboros/demo';
import type { Flow } from '@ouroboros/flow/node';
import { again } from './line.js';
import { pause } from './measure.js';
import { kill, until } from './one-node.js';
import type { Site } from './site.js';

/** Nodes whose broadcast IPCPs are members of one layer over UDP; this process joined it at each. Messages carry their number. */
export class BroadcastLayer {
  readonly nodes: DemoNode[] = [];
  private readonly flows: Flow[] = [];
  /** How often each message came to each member, by its number. */
  private readonly received: Uint8Array[] = [];

  constructor(
    private readonly site: Site,
    /** The member that each enrolls with and connects to; the first has none. */
    private readonly through: readonly number[],
    /** Numbers of the messages are below this. */
    private readonly messages: number,
  ) {}

  async build(size = this.through.length): Promise<void> {
    while (this.nodes.length < size) await this.add();
  }

  /** One more member, with this process joined. */
  async add(): Promise<void> {
    const i = this.nodes.length;
    const node = await this.site.node(`n${i}`, `127.0.0.${i + 1}`);
    const { irm, plan } = node;
    const hosts = this.through.map((_, j) => `bc.${j}=127.0.0.${j + 1}`).join(',');
    const below = { ip: plan.address, port: String(this.site.port), hosts };
    await irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'udp', config: below });
    const [name, dst] = [`bc.${i}`, `bc.${this.through[i]}`];
    if (i === 0) await irm.bootstrapIpcp({ name, type: 'broadcast', layer: 'bc', autobind: true });
    else await again(() => irm.enrollIpcp({ name, type: 'broadcast', layer: 'bc', dst, autobind: true }));
    await irm.regName(name, { layers: ['udp'] });
    if (i > 0) await again(() => irm.connectIpcp({ name, dst }));
    const flow = await this.site.flows(node).join('bc');
    this.nodes.push(node);
    this.flows.push(flow);
    this.received.push(new Uint8Array(this.messages));
    void this.count(i, flow);
  }

  async connect(from: number, to: number): Promise<void> {
    await this.nodes[from]!.irm.connectIpcp({ name: `bc.${from}`, dst: `bc.${to}` });
  }

  async send(from: number, message: number): Promise<void> {
    const packet = Buffer.alloc(64);
    packet.writeUInt32BE(message);
    await this.flows[from]!.write(packet);
  }

  /** 1,000 messages a second, from the senders in turn. */
  async sendAll(senders: readonly number[], from: number, to: number): Promise<void> {
    const startedAt = performance.now();
    for (let message = from; message < to; message += 1) {
      await this.send(senders[message % senders.length]!, message);
      const early = message - from - (performance.now() - startedAt);
      if (early > 0) await pause(early);
    }
  }

  /** What of these messages, but for its own, came to a member: how many not at all, once, and more often. */
  tally(i: number, senders: readonly number[], from: number, to: number): readonly [number, number, number] {
    const counts: [number, number, number] = [0, 0, 0];
    for (let message = from; message < to; message += 1) {
      if (senders[message % senders.length] !== i) counts[Math.min(this.received[i]![message]!, 2)]! += 1;
    }
    return counts;
  }

  /** Sends until a message was heard by all of `who`; how long that took, in ms. */
  async heardBy(who: readonly number[], from: number, first: number): Promise<number> {
    let message = first;
    return until(`a message of ${from} is heard by ${who.join(', ')}`, async () => {
      await this.send(from, message);
      await pause(20);
      const heard = who.every((i) => this.received[i]![message]! > 0);
      message += 1;
      return heard;
    });
  }

  /** SIGKILL for all daemons of a node. */
  async killNode(i: number): Promise<void> {
    const { irm, pid } = this.nodes[i]!;
    const ipcps = await irm.management.ipcpList();
    kill(pid!);
    for (const ipcp of ipcps) kill(ipcp.pid);
  }

  private async count(i: number, flow: Flow): Promise<void> {
    for await (const packet of flow) this.received[i]![Buffer.from(packet).readUInt32BE()]! += 1;
  }
}
