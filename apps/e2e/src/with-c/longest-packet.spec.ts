import { Namespaces } from '../namespaces.js';
import { CNode, findC } from './c-node.js';
import { OurNode } from './our-node.js';
import { until } from './run.js';

const { prefix, reason } = findC();
if (prefix === undefined)
  process.stdout.write(`The specs of the longest packet with Ouroboros C are skipped: ${reason}.\n`);
const describeWithC = prefix === undefined ? describe.skip : describe;

/** An unconfigured C server encrypts what we offer: IV and tag. */
const SEAL = 28;

const LAYERS: readonly {
  type: string;
  longest: number;
  config: (hosts: Namespaces, i: number) => readonly string[];
}[] = [
  { type: 'udp4', longest: 8976, config: (hosts, i) => ['ip', hosts.address(i)] },
  { type: 'eth-dix', longest: 1496, config: () => ['dev', 'eth0'] },
];

interface Result {
  readonly transmitted: number;
  readonly received: number;
}

describeWithC.each(LAYERS)('flows of ours to a C node over $type', ({ type, longest, config }) => {
  let hosts: Namespaces;
  let c: CNode;
  let ours: OurNode;

  beforeAll(async () => {
    hosts = new Namespaces(2);
    hosts.writeHosts({ perf: 1 });
    c = await CNode.start(prefix!, hosts.name(1));
    ours = await OurNode.start(hosts.name(2));
    for (const [i, node] of [c, ours].entries())
      await node.irm('ipcp', 'bootstrap', 'type', type, 'name', 's', 'layer', 'lan', ...config(hosts, i + 1));
    await c.serveWith('operf', ['-l'], 'perf', 'lan');
    await until(() => measure(64).then(allBack, () => false), 30_000, 'a first test');
  }, 60_000);

  afterAll(async () => {
    for (const node of [ours, c]) await node?.stop();
    hosts.remove();
  }, 60_000);

  /** Twenty packets there and back. */
  async function measure(size: number): Promise<Result> {
    const rate = `${Math.round((size * 8 * 20) / 1000)}k`;
    const text = await ours.operf('-n', 'perf', '-t', 'bi', '-d', '1s', '-r', rate, '-s', `${size}`, '--json');
    return JSON.parse(text) as Result;
  }

  const allBack = ({ transmitted, received }: Result): boolean => received === transmitted && received > 0;

  it('carry the longest packet, and refuse one more byte at once', async () => {
    const most = longest - SEAL;
    const result = await measure(most);
    process.stdout.write(`${type}, ${most} bytes: ${result.received} of ${result.transmitted} came back\n`);
    expect(allBack(result)).toBe(true);
    await expect(measure(most + 1)).rejects.toThrow(`a packet has at most ${most} bytes, not ${most + 1}`);
  }, 60_000);
});
