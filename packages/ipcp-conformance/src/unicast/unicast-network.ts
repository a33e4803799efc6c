import { QOS_RAW, type Component, type JsonObject } from '@ouroboros/model';
import type { SimNode, Simulation } from '@ouroboros/simnet';
import { dijkstra, graphOf } from './dijkstra.js';

export interface NetworkOptions {
  readonly size: number;
  /** Links beside those of the tree that joins all nodes: so many random ones, or these. */
  readonly extraLinks: number | readonly (readonly [number, number])[];
  /** Whom each node but the first joins through; default: an earlier one, by chance. */
  readonly through?: readonly number[];
  /** Configuration of the unicast layer. */
  readonly config?: JsonObject;
  /** What members add of their own, by their number. */
  readonly configs?: readonly JsonObject[];
  /** Type of the layer below, and its configuration at a node beside address and hosts; default: `udp4`. */
  readonly below?: { readonly type: string; readonly config: (i: number) => JsonObject };
}

/** A node of the network, with its UDP and unicast IPCPs, and a server of some names. */
export interface NetworkMember {
  readonly node: SimNode;
  readonly ip: string;
  readonly unicast: string;
  /** Names that it has registered in the unicast layer. */
  readonly names: string[];
  address: number;
}

const BOTH: readonly Component[] = ['Management', 'Data Transfer'];
const pairOf = (a: number, b: number): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/**
 * A unicast layer over a UDP layer on whole nodes, with one server a node. Knows the true graph: the connections that were made and
 * not ended, less the cables that are cut.
 */
export class UnicastNetwork {
  readonly members: NetworkMember[] = [];
  /** Connected pairs, from → to. */
  readonly links: (readonly [number, number])[] = [];

  constructor(
    readonly sim: Simulation,
    private readonly options: NetworkOptions,
  ) {}

  /** Makes nodes, layers, servers and connections, on good links. */
  async build(): Promise<void> {
    const { size, extraLinks, through } = this.options;
    const { random } = this.sim;
    for (let i = 0; i < size; i += 1) {
      const before = i === 0 ? -1 : (through?.[i - 1] ?? random.uint32() % i);
      await this.join(i, before);
      if (i > 0) await this.connect(i, before);
    }
    if (typeof extraLinks === 'number') await this.connectSome(extraLinks);
    else for (const [a, b] of extraLinks) await this.connect(a, b);
    for (const member of this.members) member.address = await this.addressOf(member);
  }

  private async connectSome(count: number): Promise<void> {
    const { size } = this.options;
    const { random } = this.sim;
    for (let left = count, tries = 0; left > 0 && tries < 10 * count; tries += 1) {
      const [a, b] = [random.uint32() % size, random.uint32() % size];
      if (a === b || this.linked(a, b)) continue;
      await this.connect(a, b);
      left -= 1;
    }
  }

  async connect(from: number, to: number): Promise<void> {
    const { node, unicast: name } = this.members[from]!;
    const dst = this.members[to]!.unicast;
    for (const component of BOTH) await node.irm.ipcpConnect({ name, dst, component, qos: QOS_RAW });
    this.links.push([from, to]);
  }

  async disconnect(from: number, to: number): Promise<void> {
    const { node, unicast: name } = this.members[from]!;
    const dst = this.members[to]!.unicast;
    this.links.splice(
      this.links.findIndex(([a, b]) => a === from && b === to),
      1,
    );
    for (const component of BOTH) await node.irm.ipcpDisconnect({ name, dst, component });
  }

  linked(a: number, b: number): boolean {
    return this.links.some(([from, to]) => pairOf(from, to) === pairOf(a, b));
  }

  /** Differences between the nodes' routes and Dijkstra's on the true graph; empty = none. */
  async wrongRoutes(): Promise<string[]> {
    const address = (i: number): number => this.members[i]!.address;
    const graph = graphOf(
      this.members.map((member) => member.address),
      this.livingLinks().map(([a, b]) => [address(a), address(b)] as const),
    );
    const wrong = await Promise.all(
      this.members.map(async (member) => {
        const expected = dijkstra(graph, member.address);
        return differences(member.unicast, expected, await routesOf(member));
      }),
    );
    return wrong.flat();
  }

  /** One more name that is served and registered on a node. */
  async serve(i: number, name: string): Promise<void> {
    const { node, unicast, names } = this.members[i]!;
    (await node.server(name)).echo();
    await node.irm.nameRegister(name, unicast);
    names.push(name);
  }

  /** All names that are to be found from a node: those of the nodes that the true graph joins with it. */
  namesFor(from: number): string[] {
    const numbers = this.members.map((_, i) => i);
    const reachable = dijkstra(graphOf(numbers, this.livingLinks()), from);
    return [...reachable.keys()].flatMap((to) => this.members[to]!.names);
  }

  private async join(i: number, through: number): Promise<void> {
    const { size, config = {}, below, configs = [] } = this.options;
    const own = configs[i] ?? {};
    const ip = `10.0.${i >> 8}.${(i & 255) + 1}`;
    const node = this.sim.node(`n${i}`, ip);
    const [udp, name] = [`e${i}`, `u${i}`];
    const hosts = Array.from({ length: size }, (_, j) => `u${j}=10.0.${j >> 8}.${(j & 255) + 1}`).join(',');
    const { irm } = node;
    await irm.ipcpCreate({ name: udp, type: below?.type ?? 'udp4', restart: 'on-failure' });
    await irm.ipcpBootstrap({ name: udp, layer: 'udp', config: { ip, hosts, ...below?.config(i) }, autobind: false });
    await irm.ipcpCreate({ name, type: 'unicast', restart: 'on-failure' });
    if (i === 0) await irm.ipcpBootstrap({ name, layer: 'net', config: { ...config, ...own }, autobind: true });
    else await irm.ipcpEnroll({ name, dst: `u${through}`, layer: 'net', config: own, autobind: true });
    await irm.nameRegister(name, udp);
    this.members.push({ node, ip, unicast: name, names: [], address: 0 });
    await this.serve(i, `s${i}`);
  }

  private livingLinks(): (readonly [number, number])[] {
    const { links } = this.sim;
    return this.links.filter(([a, b]) => !links.isCut(this.members[a]!.ip, this.members[b]!.ip));
  }

  private async addressOf({ node, unicast }: NetworkMember): Promise<number> {
    return parseAddress(((await node.irm.ipcpReport(unicast, 'status')) as JsonObject)['address']);
  }
}

async function routesOf({ node, unicast }: NetworkMember): Promise<Map<number, number>> {
  const rows = (await node.irm.ipcpReport(unicast, 'routes')) as JsonObject[];
  return new Map(rows.map((row) => [parseAddress(row['destination']), parseAddress(row['nextHop'])]));
}

/** Four hex bytes, the least significant first. */
function parseAddress(text: unknown): number {
  const bytes = String(text)
    .split('.')
    .map((part) => parseInt(part, 16));
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

function differences(who: string, expected: Map<number, number>, found: Map<number, number>): string[] {
  const all = new Set([...expected.keys(), ...found.keys()]);
  return [...all]
    .filter((node) => expected.get(node) !== found.get(node))
    .map((node) => `${who}: to ${node} over ${found.get(node) ?? 'nobody'}, not ${expected.get(node) ?? 'nobody'}`);
}
