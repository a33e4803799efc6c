import type { Flow } from '@ouroboros/flow';
import type { DatagramPort, Management } from '@ouroboros/ports';
import { FIRST_MAC, type SimApp, type SimNode, type Simulation } from '@ouroboros/simnet';
import { setUp, type IpcpPlan, type LayerPlan } from './layer-plan.js';
import { Mailbox } from './mailbox.js';
import { strangeFrames } from './strange-frames.js';
import type { World, WorldAllocOptions, WorldHost, WorldServer, WorldVictim } from './world.js';

/** Longest story, in virtual time. */
const STORY_MS = 300_000;
/** Hosts have the addresses 1, 2, … in both. */
const NETS = ['10.0.0.', 'fd00::'] as const;
/** Where UDP layers listen. [spec/wire-shims.md §2.1] */
const UDP_PORT = 3_435;

/** Hosts of a simulation: 10.0.0.1 and fd00::1, 10.0.0.2 and fd00::2. The simulation must have direct flows off. */
export class VirtualWorld implements World {
  private readonly strangers = new Map<string, DatagramPort>();

  private constructor(
    private readonly sim: Simulation,
    readonly hosts: readonly WorldHost[],
  ) {}

  static async make(sim: Simulation, plan: LayerPlan): Promise<VirtualWorld> {
    const nodes = plan.map((_, i) => sim.node(`h${i}`, ...NETS.map((net) => `${net}${i + 1}`)));
    const hosts = plan.map((ipcps, i) => new VirtualHost(nodes[i]!, ipcps.at(-1)!));
    for (const [i, ipcps] of plan.entries()) await sim.resolve(setUp(hosts[i]!.irm, ipcps));
    return new VirtualWorld(sim, hosts);
  }

  nowMs(): number {
    return this.sim.nowMs;
  }

  sleep(ms: number): Promise<void> {
    return this.sim.sleep(ms);
  }

  play(story: Promise<void>): Promise<void> {
    return this.sim.resolve(story, STORY_MS);
  }

  /** From addresses of nobody to the last host: to its UDP port over IPv4 and IPv6, and in Ethernet frames. */
  async intrude(bytes: Uint8Array): Promise<void> {
    for (const net of NETS) {
      const address = `${net}99`;
      const stranger = this.strangers.get(net) ?? (await this.sim.network.host(address).bind(address, 4_000));
      this.strangers.set(net, stranger);
      stranger.send(stranger.peer(`${net}${this.hosts.length}`, UDP_PORT), bytes, bytes.length, bytes, 0, 0);
    }
    for (const frame of strangeFrames(FIRST_MAC + this.hosts.length - 1, bytes)) this.sim.ethernet.inject(frame);
    await this.sleep(1);
  }

  async close(): Promise<void> {
    for (const node of this.sim.nodes()) node.crash();
  }
}

class VirtualHost implements WorldHost {
  private readonly client: SimApp;

  constructor(
    private readonly node: SimNode,
    readonly member: IpcpPlan,
  ) {
    this.client = node.app('/bin/client');
  }

  get irm(): Management {
    return this.node.irm;
  }

  alloc(name: string, options?: WorldAllocOptions): Promise<Flow> {
    return this.client.alloc(name, options);
  }

  join(layer: string): Promise<Flow> {
    return this.client.join(layer);
  }

  async serve(name: string): Promise<WorldServer> {
    const accepted = new Mailbox();
    (await this.node.server(name)).serve((flow) => accepted.put(flow));
    return { accept: () => accepted.take() };
  }

  async victim(name: string): Promise<WorldVictim> {
    const app = await this.node.server(name);
    const held: Flow[] = [];
    app.serve((flow) => void held.push(flow));
    return { kill: () => app.kill() };
  }

  async mute(name: string): Promise<void> {
    await this.node.server(name);
  }

  async killMember(): Promise<void> {
    this.node.killIpcp(this.member.name);
  }
}
