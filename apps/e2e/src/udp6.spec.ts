import type { DemoNode } from '@ouroboros/demo';
import { answersPing } from './flows.js';
import { Namespaces, noNamespaces } from './namespaces.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

describe('a layer over IPv6 on the loopback device', () => {
  let site: Site;
  let node: DemoNode;
  beforeAll(async () => {
    site = await Site.open();
    node = await site.node('a', '127.0.0.1');
  });
  afterAll(() => site.close());

  const bootstrap = async (name: string, ...words: string[]): Promise<{ status: number | null; stderr: string }> => {
    const { status, stderr } = await site.run(node, 'irm', 'ipcp', 'bootstrap', 'name', name, 'layer', 'l6', ...words);
    return { status, stderr };
  };

  it.each([
    [['type', 'udp6', 'ip', '127.0.0.1'], 'ip must be an IPv6 address of one host'],
    [['type', 'udp6', 'ip', 'fe80::1'], 'ip must be an IPv6 address of one host, such as 2001:db8::1 (not link-local)'],
    [['type', 'udp4', 'ip', '::1'], 'ip must be an IPv4 address of one host'],
    [['type', 'udp6', 'ip', '::1', 'hosts', 'x=127.0.0.1'], 'hosts: must be NAME=ADDRESS'],
    [['type', 'udp6', 'ip', '2001:db8::77'], '2001:db8::77 is not an address of this host'],
  ])('refuses wrong addresses with the field: %p', async (words, message) => {
    const ran = await bootstrap('x', ...words);
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining(message) as string });
  });

  it('shows its address, and lets nobody else have its port', async () => {
    const words = ['type', 'udp6', 'ip', '0:0::1', 'port', String(site.port)];
    expect(await bootstrap('six', ...words)).toEqual({ status: 0, stderr: '' });
    expect((await node.irm.showIpcp('six')).status).toMatchObject({ address: '::1', port: site.port });
    expect((await bootstrap('seven', ...words)).stderr).toContain(`UDP [::1]:${site.port} is in use`);
  });
});

if (noNamespaces !== '') process.stdout.write(`Pings over IPv6 are skipped: ${noNamespaces}.\n`);
const describeWithRoot = noNamespaces === '' ? describe : describe.skip;

/** A loopback device has ::1 alone, and all members of a layer have one port: the other node is at another address of the host. */
describeWithRoot('two nodes over IPv6, at ::1 and at fd77::1 of one host', () => {
  let hosts: Namespaces;
  let site: Site;
  let a: DemoNode, b: DemoNode;

  beforeAll(async () => {
    hosts = new Namespaces(1);
    site = await Site.open();
    [a, b] = await Promise.all([site.nodeAt(hosts, 1, 'a'), site.nodeAt(hosts, 1, 'b')]);
    const map = `echo=fd77::1,back=::1,net.a=::1,net.b=fd77:0::1`;
    for (const [{ irm }, ip] of [
      [a, '::1'],
      [b, 'fd77::1'],
    ] as const)
      await irm.bootstrapIpcp({ name: 'u', type: 'udp6', layer: 'udp', config: { ip, hosts: map } });
  });
  afterAll(async () => {
    await site.close();
    hosts.remove();
  });

  it.each([
    ['from ::1', 'echo', ['raw', '8000']],
    ['to ::1', 'back', ['raw', '64']],
    ['from ::1, reliable', 'echo', ['data', '20000']],
  ] as const)('ping one another without loss: %s', async (title, name, [qos, size]) => {
    const [client, server] = title.startsWith('from') ? [a, b] : [b, a];
    if (qos === 'raw') await site.serve(server, name, 'udp');
    const ran = await site.run(client, 'oping', '-n', name, '-c', '100', '-i', '5ms', '-s', size, '-q', qos, '--json');
    expect(JSON.parse(ran.stdout)).toMatchObject({ received: 100, outOfOrder: 0, end: 'complete' });
  });

  it('carry a unicast layer', async () => {
    await a.irm.bootstrapIpcp({ name: 'net.a', type: 'unicast', layer: 'net', autobind: true });
    await a.irm.regName('net.a', { layers: ['udp'] });
    await b.irm.createIpcp('net.b', 'unicast');
    const request = { name: 'net.b', dst: 'net.a', layer: 'net', config: {}, autobind: true };
    await b.irm.management.ipcpEnroll(request);
    await b.irm.connectIpcp({ name: 'net.b', dst: 'net.a' });
    await site.serve(a, 'top', 'net');
    await answersPing(await site.flows(b).alloc('top'));
  });
});
