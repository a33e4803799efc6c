import { Namespaces } from '../namespaces.js';
import { CNode, findC } from './c-node.js';
import { OurNode } from './our-node.js';
import { faultsIn, type PeerNode } from './peer-node.js';
import { until } from './run.js';

const { prefix, reason } = findC();
if (prefix === undefined) process.stdout.write(`The specs of shims with Ouroboros C are skipped: ${reason}.\n`);
const describeWithC = prefix === undefined ? describe.skip : describe;

const SHIMS: readonly { type: string; config: (hosts: Namespaces, i: number) => readonly string[] }[] = [
  { type: 'eth-dix', config: () => ['dev', 'eth0'] },
  { type: 'eth-llc', config: () => ['dev', 'eth0'] },
  { type: 'udp6', config: (hosts, i) => ['ip', hosts.address6(i)] },
];

describeWithC.each(SHIMS)('a layer of type $type with a C node and one of ours', ({ type, config }) => {
  let hosts: Namespaces;
  const nodes: PeerNode[] = [];

  beforeAll(async () => {
    hosts = new Namespaces(2);
    hosts.writeHosts({ 'at.0': 1, 'at.1': 2 });
    nodes.push(await CNode.start(prefix!, hosts.name(1)), await OurNode.start(hosts.name(2)));
    for (const [i, node] of nodes.entries()) {
      await node.irm('ipcp', 'bootstrap', 'type', type, 'name', 's', 'layer', 'lan', ...config(hosts, i + 1));
      await node.serve(`at.${i}`, 'lan');
    }
  }, 60_000);

  afterAll(async () => {
    for (const node of nodes) await node.stop();
    hosts.remove();
  }, 60_000);

  it.each([
    ['C calls ours', 0],
    ['ours calls C', 1],
  ] as const)(
    'carries 1,000 pings without loss: %s',
    async (_title, from) => {
      const [client, name] = [nodes[from]!, `at.${1 - from}`];
      const once = (): Promise<boolean> =>
        client.oping('-n', name, '-c', '1', '-i', '10ms').then(
          (text) => / 1 received/.test(text),
          () => false,
        );
      await until(once, 45_000, `a first answer of ${name}`);
      for (const size of ['64', '1400']) {
        const text = await client.oping('-n', name, '-c', '1000', '-i', '1ms', '-s', size, '-Q');
        expect(text).toMatch(/1000 packets transmitted, 1000 received, \d+ out-of-order, 0% packet loss/);
        process.stdout.write(`${type}, ${size} bytes to ${name}: ${/rtt.*/.exec(text)?.[0] ?? ''}\n`);
      }
    },
    180_000,
  );

  it('leaves no fault in the log of either', () => {
    expect(nodes.flatMap((node) => faultsIn((node as CNode | OurNode).log))).toEqual([]);
  });
});
