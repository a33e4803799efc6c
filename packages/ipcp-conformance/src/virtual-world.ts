import type { Flow } from '@ouroboros/flow';
import type { DatagramPort, Management } from '@ouroboros/ports';
import type { SimApp, SimNode, Simulation } from '@ouroboros/simnet';
import { setUp, type IpcpPlan, type LayerPlan } from './layer-plan.js';
import { Mailbox } from './mailbox.js';
import type { World, WorldAllocOptions, WorldHost, WorldServer, WorldVictim } from './world.js';

/** Longest story, in virtual time. */
const STORY_MS = 300_000;
/** Where UDP layers listen. [spec/wire-shims.md §2.1] */
const UDP_PORT = 3_435;

/** Hosts of a simulation: 10.0.0.1, 10.0.0.2. The simulation must have direct flows off. */
export class VirtualWorld implements World {
  private stranger: DatagramPort | undefined;

  private constructor(
    private readonly sim: Simulation,
    readonly hosts: readonly WorldHost[],
  ) {}

  static async make(sim: Simulation, plan: LayerPlan): Promise<VirtualWorld> {
    const hosts = plan.map((ipcps, i) => new VirtualHost(sim.node(`h${i}`, `10.0.0.${i + 1}`), ipcps.at(-1)!));
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

  /** From an address of nobody, to the UDP port of the last host. */
  async intrude(bytes: Uint8Array): Promise<void> {
    this.stranger ??= await this.sim.network.host('10.0.0.99').bind('10.0.0.99', 4_000);
    this.stranger.send(bytes, 0, bytes.length, `10.0.0.${this.hosts.length}`, UDP_PORT);
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
