import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import type { Flows } from '@ouroboros/flow/node';
import { answersPing, refusedWithin } from './flows.js';
import { again } from './line.js';
import { note } from './measure.js';
import { Namespaces, noNamespaces } from './namespaces.js';
import { Office } from './office.js';
import { Site } from './site.js';
import { addRank } from './stack.js';

jest.setTimeout(60_000);

if (noNamespaces !== '') process.stdout.write(`The specs of narrow Ethernet are skipped: ${noNamespaces}.\n`);
const describeWithRoot = noNamespaces === '' ? describe : describe.skip;

describeWithRoot.each([1280, 576])('Ethernet with an MTU of %d bytes', (mtu) => {
  let hosts: Namespaces;
  let site: Site;
  let a: DemoNode, b: DemoNode;
  let client: Flows;

  beforeAll(async () => {
    hosts = new Namespaces(2);
    setMtu(mtu);
    site = await Site.open();
    [a, b] = await Promise.all([site.nodeAt(hosts, 1, 'a'), site.nodeAt(hosts, 2, 'b')]);
    for (const { irm } of [a, b])
      await irm.bootstrapIpcp({ name: 'lan', type: 'eth-dix', layer: 'lan', config: { dev: 'eth0' } });
    client = site.flows(a);
  });
  afterAll(async () => {
    await site.close();
    hosts.remove();
  });

  const setMtu = (bytes: number): void => {
    for (const i of [1, 2]) hosts.ip(i, 'link', 'set', 'eth0', 'mtu', String(bytes));
  };
  const ping = async (name: string, ...more: string[]): Promise<void> => {
    const ran = await site.run(a, 'oping', '-n', name, '-c', '50', '-i', '5ms', '--json', ...more);
    if (ran.stdout === '') throw new Error(ran.stderr);
    expect(JSON.parse(ran.stdout)).toMatchObject({ received: 50, outOfOrder: 0, end: 'complete' });
  };

  it('carries encrypted flows, whose strongest secret comes when it has no room in the handshake', async () => {
    await site.serve(b, 'echo', 'lan');
    const flow = await client.alloc('echo');
    await answersPing(flow);
    expect(flow.crypto).toMatchObject({ kex: 'X25519+ML-KEM-768' });
    await flow.dealloc();
    for (const [qos, size] of [
      ['raw', '1500'],
      ['data', '1500'],
    ] as const)
      await ping('echo', '-q', qos, '-s', size);
  });

  it('takes a handshake with a certificate if it fits, and says by how much it does not', async () => {
    const office = await Office.open(join(site.folder, 'office'), 'lab');
    await office.issue(b, { role: 'server', name: 'proven', authority: 'lab' });
    office.introduce('lab', a);
    await a.irm.createName('proven', { security: { authentication: 'require' } });
    await site.serve(b, 'proven', 'lan');
    if (mtu > 1_000) return answersPing(await client.alloc('proven'));
    const refused = await refusedWithin(3_000, client.alloc('proven'));
    note('a certificate that does not fit', refused.message);
    expect(refused).toMatchObject({
      code: 'EMSGSIZE',
      message: expect.stringMatching(/the handshake's response has \d+ bytes, layer lan takes 501/),
    });
  });

  it('carries a unicast layer with packets of all sizes', async () => {
    await addRank([a, b], { rank: 2, below: 'lan' });
    await site.serve(b, 'top', 'rank2');
    await again(() => ping('top', '-q', 'raw', '-s', '64'));
    await ping('top', '-q', 'raw', '-s', '1500');
    await ping('top', '-q', 'data', '-s', '1500');
  });

  it('is refused where the device is narrower than a layer needs', async () => {
    setMtu(500);
    const config = { dev: 'eth0', ethertype: '0xA001' };
    const attempt = a.irm.bootstrapIpcp({ name: 'x', type: 'eth-dix', layer: 'x', config });
    const message = expect.stringContaining('the MTU of eth0 is 500 bytes, and must be 576 at least') as string;
    await expect(attempt).rejects.toMatchObject({ code: 'EINVAL', field: 'dev', message });
  });
});
