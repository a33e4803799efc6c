import type { Flow } from '@ouroboros/flow';
import { QOS_RAW } from '@ouroboros/model';
import type { SimNode, Simulation } from '@ouroboros/simnet';

/** A node with a member of the broadcast layer, and a process that joined. */
export interface BroadcastMember {
  readonly node: SimNode;
  readonly ip: string;
  readonly ipcp: string;
  readonly flow: Flow;
  /** How often each message came, by its number. */
  readonly received: Uint8Array;
}

export interface BroadcastOptions {
  readonly size: number;
  /** The member that each enrolls with and connects to; the first has none. */
  readonly through: readonly number[];
  /** Numbers of the messages that will be sent are below this. */
  readonly messages: number;
  /** IPCP type of each member. Default: broadcast. */
  readonly typeOf?: (i: number) => string;
  /** A unicast layer stands between, in which the first node is in the middle. */
  readonly overUnicast?: boolean;
}

const CONNECTIONS = { unicast: ['Management', 'Data Transfer'], broadcast: ['Data Transfer'] } as const;

/** A broadcast layer over a UDP layer, or over a unicast layer over that, on whole nodes. Messages carry their number. */
export class BroadcastNetwork {
  readonly members: BroadcastMember[] = [];

  constructor(
    readonly sim: Simulation,
    private readonly options: BroadcastOptions,
  ) {}

  async build(): Promise<void> {
    for (let i = 0; i < this.options.size; i += 1) await this.add();
  }

  /** One more member, with a process that joined. */
  async add(through = this.options.through[this.members.length] ?? 0): Promise<BroadcastMember> {
    const i = this.members.length;
    const ip = `10.0.0.${i + 1}`;
    const ipcp = `b${i}`;
    const node = this.sim.node(`n${i}`, ip);
    await this.enter(node, i, ip, through);
    const flow = await node.app().join('bc');
    const member = { node, ip, ipcp, flow, received: new Uint8Array(this.options.messages) };
    this.members.push(member);
    void count(member);
    return member;
  }

  async connect(from: number, to: number): Promise<void> {
    const { node, ipcp: name } = this.members[from]!;
    await node.irm.ipcpConnect({ name, dst: `b${to}`, component: 'Data Transfer', qos: QOS_RAW });
  }

  async send(i: number, message: number): Promise<void> {
    await this.members[i]!.flow.write(Uint8Array.of(message >> 16, message >> 8, message, 1, 2, 3));
  }

  /** 1,000 messages a second, from the senders in turn. */
  async sendAll(senders: readonly number[], from: number, to: number): Promise<void> {
    for (let message = from; message < to; message += 1) {
      await this.send(senders[message % senders.length]!, message);
      await this.sim.sleep(1);
    }
  }

  /** What a member received of these messages: how many not at all, once, and more often. Its own do not come to it. */
  tally(i: number, from: number, to: number, own: (message: number) => boolean): readonly [number, number, number] {
    const counts: [number, number, number] = [0, 0, 0];
    for (let message = from; message < to; message += 1) {
      const times = this.members[i]!.received[message]! + (own(message) ? 1 : 0);
      counts[Math.min(times, 2)]! += 1;
    }
    return counts;
  }

  private async enter(node: SimNode, i: number, ip: string, through: number): Promise<void> {
    const { overUnicast = false, typeOf = () => 'broadcast' } = this.options;
    const { irm } = node;
    const numbers = Array.from({ length: 30 }, (_, j) => j);
    const hosts = numbers.map((j) => `${overUnicast ? 'u' : 'b'}${j}=10.0.0.${j + 1}`).join(',');
    await irm.ipcpCreate({ name: 'e', type: 'udp4', restart: 'on-failure' });
    await irm.ipcpBootstrap({ name: 'e', layer: 'udp', config: { ip, hosts }, autobind: false });
    const name = `b${i}`;
    const dst = i === 0 ? '' : `b${through}`;
    if (!overUnicast) return this.member(node, { name, type: typeOf(i), layer: 'bc', below: 'e', dst });
    await this.member(node, { name: `u${i}`, type: 'unicast', layer: 'net', below: 'e', dst: i === 0 ? '' : 'u0' });
    await this.member(node, { name, type: typeOf(i), layer: 'bc', below: `u${i}`, dst });
  }

  private async member({ irm }: SimNode, plan: MemberPlan): Promise<void> {
    const { name, type, layer, below, dst } = plan;
    await irm.ipcpCreate({ name, type, restart: 'on-failure' });
    if (dst === '') await irm.ipcpBootstrap({ name, layer, config: {}, autobind: true });
    else await this.soon(() => irm.ipcpEnroll({ name, dst, layer, config: {}, autobind: true }));
    await irm.nameRegister(name, below);
    if (dst === '') return;
    for (const component of type === 'unicast' ? CONNECTIONS.unicast : CONNECTIONS.broadcast) {
      await irm.ipcpConnect({ name, dst, component, qos: QOS_RAW });
    }
  }

  /** A new member of a unicast layer needs a moment before it finds names. */
  private async soon(step: () => Promise<unknown>, tries = 20): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (tries === 0) throw error;
      await this.sim.sleep(100);
      await this.soon(step, tries - 1);
    }
  }
}

/** An IPCP, and the member that it enrolls with and connects to; empty for the first. */
interface MemberPlan {
  readonly name: string;
  readonly type: string;
  readonly layer: string;
  /** IPCP in whose layer it is found by its name. */
  readonly below: string;
  readonly dst: string;
}

async function count({ flow, received }: BroadcastMember): Promise<void> {
  for await (const packet of flow) {
    const message = (packet[0]! << 16) | (packet[1]! << 8) | packet[2]!;
    received[message]! += 1;
  }
}
