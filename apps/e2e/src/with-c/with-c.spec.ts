import { CNode, findC } from './c-node.js';
import { Namespaces } from '../namespaces.js';
import { OurNode } from './our-node.js';
import type { PeerNode } from './peer-node.js';
import { again, until } from './run.js';

const { prefix, reason } = findC();
if (prefix === undefined) process.stdout.write(`The specs with Ouroboros C are skipped: ${reason}.\n`);
const describeWithC = prefix === undefined ? describe.skip : describe;

type Kind = 'C' | 'ours';

/** A line of nodes: each is enrolled with and connected to the one before it. */
class Line {
  readonly nodes: PeerNode[] = [];
  private readonly hosts: Namespaces;

  /** `routing`: the word for the layer's routing policy; `shim`: the type of the layer below. */
  constructor(
    readonly kinds: readonly Kind[],
    private readonly routing = 'link_state',
    private readonly shim: 'udp4' | 'eth-dix' = 'udp4',
  ) {
    this.hosts = new Namespaces(kinds.length);
    this.hosts.writeHosts(Object.fromEntries(kinds.map((_, i) => [`uni.${i + 1}`, i + 1])));
  }

  async build(): Promise<void> {
    for (const [i, kind] of this.kinds.entries()) {
      const namespace = this.hosts.name(i + 1);
      this.nodes.push(kind === 'C' ? await CNode.start(prefix!, namespace) : await OurNode.start(namespace));
      await this.join(i);
    }
  }

  /** A C node sometimes fails to answer right after an earlier flow: enrolling and connecting are tried again. */
  private async join(i: number): Promise<void> {
    const node = this.nodes[i]!;
    const [self, before] = [`uni.${i + 1}`, `uni.${i}`];
    const place = this.shim === 'udp4' ? ['ip', this.hosts.address(i + 1)] : ['dev', 'eth0'];
    await node.irm('ipcp', 'bootstrap', 'type', this.shim, 'name', 's', 'layer', 'lan', ...place);
    if (i === 0) {
      const bootstrap = ['ipcp', 'bootstrap', 'type', 'unicast', 'name', self, 'layer', 'net', 'autobind'];
      await node.irm(...bootstrap, 'routing', this.routing);
    } else {
      await node.irm('name', 'create', before);
      const enroll = ['ipcp', 'enroll', 'type', 'unicast', 'name', self, 'layer', 'net', 'dst', before, 'autobind'];
      await again(() => node.irm(...enroll));
    }
    await node.irm('name', 'register', self, 'layer', 'lan');
    if (i > 0) await again(() => node.irm('ipcp', 'connect', 'name', self, 'dst', before));
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    this.hosts.remove();
  }
}

/** Pings until one comes through: a C node needs up to 20 s before it resolves names. */
async function firstPing(from: PeerNode, name: string): Promise<void> {
  const ping = (): Promise<boolean> => from.oping('-n', name, '-c', '1', '-i', '10ms').then(received, () => false);
  await until(ping, 45_000, `a first answer of ${name}`);
}

const received = (text: string): boolean => / 1 received/.test(text);

const LINES: readonly (readonly Kind[])[] = [
  ['C', 'ours'],
  ['ours', 'C'],
  ['C', 'ours', 'ours'],
  ['ours', 'C', 'ours'],
  ['ours', 'ours', 'C'],
  ['C', 'ours', 'C'],
];

/** Begun by C and by us. */
const POLICY_LINES: readonly (readonly Kind[])[] = [
  ['C', 'ours', 'C'],
  ['ours', 'C', 'ours'],
];

/** Pings from each end to the other, all of which must be answered. */
async function pingBothWays({ nodes, kinds }: Line, count: number): Promise<void> {
  const ends = [nodes[0]!, nodes.at(-1)!];
  for (const [i, server] of ends.entries()) await server.serve(`ping.${i}`, 'net');
  for (const [i] of ends.entries()) {
    const client = ends[1 - i]!;
    await firstPing(client, `ping.${i}`);
    // A C server sometimes leaves a request unanswered after an earlier flow was closed. [spec/wire-control.md Q23]
    const text = await again(() => client.oping('-n', `ping.${i}`, '-c', String(count), '-i', '1ms', '-Q'));
    expect(text).toMatch(
      new RegExp(`${count} packets transmitted, ${count} received, \\d+ out-of-order, 0% packet loss`),
    );
    const rtt = /rtt.*/.exec(text)?.[0] ?? '';
    process.stdout.write(`${kinds.join('–')} → node ${i === 0 ? 1 : kinds.length}: ${rtt}\n`);
  }
}

function describeLine(title: string, makeLine: () => Line, pings: number): void {
  describeWithC(title, () => {
    let line: Line;

    beforeAll(async () => {
      line = makeLine();
      await line.build();
    }, 120_000);

    afterAll(() => line.stop(), 60_000);

    it(`carries ${pings} pings from each end to the other without loss`, () => pingBothWays(line, pings), 180_000);
  });
}

for (const kinds of LINES) describeLine(`a line ${kinds.join(' – ')}`, () => new Line(kinds), 1000);
for (const kinds of LINES.slice(0, 2))
  describeLine(`a line ${kinds.join(' – ')} over eth-dix`, () => new Line(kinds, undefined, 'eth-dix'), 1000);
for (const routing of ['lfa', 'ecmp'])
  for (const kinds of POLICY_LINES)
    describeLine(`a line ${kinds.join(' – ')} with routing ${routing}`, () => new Line(kinds, routing), 100);
