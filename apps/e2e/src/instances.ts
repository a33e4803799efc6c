import { OuroborosError } from '@ouroboros/model';
import type { Flow, Flows } from '@ouroboros/flow/node';
import { Mesh } from './mesh.js';
import { note } from './measure.js';
import { kill, until } from './one-node.js';
import type { Program } from './programs.js';
import { processesOf, type Site } from './site.js';

const NAME = 'web';
const SERVERS = ['a', 'b', 'c'];
/** Flows that are open at a time, so that the nodes can be asked who has them. */
const BATCH = 60;
/** Allocations under way at a time: few, so that no node is silent for 500 ms because it has too much to do. */
const AT_ONCE = 4;
const LIMIT_MS = 120_000;
/** A share is even when it is within so much of the mean. */
const TOLERANCE = 0.05;

/** Nodes a, b and c serve one name, in a layer that spreads allocations round-robin; d is the client. All are linked. */
export class Instances {
  readonly failures: string[] = [];

  private constructor(
    private readonly site: Site,
    private readonly mesh: Mesh,
    private readonly servers: ReadonlyMap<string, Program>,
    private readonly client: Flows,
  ) {}

  static async start(site: Site): Promise<Instances> {
    const links = ['a-b', 'a-c', 'a-d', 'b-c', 'b-d', 'c-d'] as const;
    const mesh = await Mesh.build(site, [...SERVERS, 'd'], links, { spread: 'round-robin' });
    const servers = new Map<string, Program>();
    for (const name of SERVERS) servers.set(name, await site.serve(mesh.get(name), NAME, 'net'));
    const instances = new Instances(site, mesh, servers, site.flows(mesh.get('d')));
    await until('the client knows all three', async () => (await instances.known()) === SERVERS.length, 10_000);
    return instances;
  }

  /** How many flows each living node got. */
  private async share(allocations: number): Promise<Map<string, number>> {
    const share = new Map<string, number>();
    for (let left = allocations; left > 0; left -= BATCH) await this.batch(Math.min(left, BATCH), share);
    note(`${allocations} allocations`, [...share].map(([node, flows]) => `${flows} at ${node}`).join(', '));
    return share;
  }

  /**
   * Allocates so often until these nodes, and no other, have equal shares: on a busy machine a node may be silent for 500 ms
   * and be passed over for a while.
   */
  async shareEvenly(allocations: number, among: readonly string[]): Promise<void> {
    await until(
      `even shares at ${among.join(', ')}`,
      async () => isEven(await this.share(allocations), among),
      LIMIT_MS,
    );
  }

  killServer(name: string): Promise<unknown> {
    return this.servers.get(name)!.kill('SIGKILL');
  }

  /** All processes of a node end at once, as when the power fails. */
  async killNode(name: string): Promise<void> {
    const node = this.mesh.get(name);
    for (const pid of processesOf(node)) kill(pid);
    await until('the node is dead', () => !node.running);
  }

  /** Instances that the directory of the client holds. */
  async known(): Promise<number> {
    const rows = await this.mesh.get('d').irm.management.ipcpReport('net.d', 'directory');
    return (rows as Record<string, unknown>[]).filter(({ kind }) => kind === 'stored').length;
  }

  private async batch(count: number, share: Map<string, number>): Promise<void> {
    const flows: Flow[] = [];
    let left = count;
    const some = async (): Promise<void> => {
      while (left-- > 0) await this.client.alloc(NAME).then((flow) => flows.push(flow), this.failed);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, some));
    for (const name of SERVERS) {
      const node = this.mesh.get(name);
      if (!node.running) continue;
      const held = (await node.irm.listFlows()).filter((flow) => flow.name === NAME).length;
      if (held > 0) share.set(name, (share.get(name) ?? 0) + held);
    }
    await Promise.all(flows.map((flow) => flow.dealloc()));
    await until('all flows are gone', async () => (await this.heldAtServers()) === 0, 10_000);
  }

  private readonly failed = (thrown: unknown): void => {
    this.failures.push(thrown instanceof OuroborosError ? `${thrown.code} ${thrown.message}` : String(thrown));
  };

  private async heldAtServers(): Promise<number> {
    const living = SERVERS.map((name) => this.mesh.get(name)).filter(({ running }) => running);
    const lists = await Promise.all(living.map(({ irm }) => irm.listFlows()));
    return lists.flat().filter((flow) => flow.name === NAME).length;
  }
}

function isEven(share: ReadonlyMap<string, number>, among: readonly string[]): boolean {
  const total = [...share.values()].reduce((sum, flows) => sum + flows, 0);
  const isFair = (flows: number): boolean => Math.abs((flows * among.length) / total - 1) <= TOLERANCE;
  return share.size === among.length && among.every((name) => isFair(share.get(name) ?? 0));
}
