import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import type { Flows } from '@ouroboros/flow/node';
import type { JsonObject } from '@ouroboros/model';
import { answersPing, downAfter } from './flows.js';
import { ms, note, pause, timed } from './measure.js';
import { Namespaces, noNamespaces } from './namespaces.js';
import { kill, until } from './one-node.js';
import { Site } from './site.js';
import { addRank } from './stack.js';

jest.setTimeout(60_000);

const TYPES = ['eth-dix', 'eth-llc'] as const;

if (noNamespaces !== '') process.stdout.write(`The specs of Ethernet are skipped: ${noNamespaces}.\n`);
const describeWithRoot = noNamespaces === '' ? describe : describe.skip;

describeWithRoot('Ethernet between two hosts', () => {
  let hosts: Namespaces;
  let site: Site;
  let a: DemoNode, b: DemoNode;
  let client: Flows;

  beforeAll(async () => {
    hosts = new Namespaces(2);
    site = await Site.open();
    [a, b] = await Promise.all([site.nodeAt(hosts, 1, 'a'), site.nodeAt(hosts, 2, 'b')]);
    for (const { irm } of [a, b])
      for (const type of TYPES) await irm.bootstrapIpcp({ name: type, type, layer: type, config: { dev: 'eth0' } });
    for (const type of TYPES) await site.serve(b, `at-${type}`, type);
    client = site.flows(a);
  });
  afterAll(async () => {
    await site.close();
    hosts.remove();
  });

  const ping = async (name: string, ...more: string[]): Promise<Record<string, unknown>> => {
    const ran = await site.run(a, 'oping', '-n', name, '-c', '100', '-i', '5ms', '--json', ...more);
    if (ran.stdout === '') throw new Error(ran.stderr);
    return JSON.parse(ran.stdout) as Record<string, unknown>;
  };
  const link = async (): Promise<unknown> => ((await a.irm.showIpcp('eth-dix')).status as JsonObject)['link'];
  const counter = async (name: string): Promise<number> =>
    Number(((await a.irm.management.ipcpReport('eth-dix', 'counters')) as JsonObject)[name]);

  describe.each(TYPES)('in a layer of type %s', (type) => {
    it.each([
      ['raw', '64'],
      ['raw', '1000'],
      ['raw', '1400'],
      ['data', '3000'],
    ])('pings of QoS %s and %s bytes come back without loss', async (qos, size) => {
      const result = await ping(`at-${type}`, '-q', qos, '-s', size);
      expect(result).toMatchObject({ received: 100, outOfOrder: 0, end: 'complete' });
      note(`${type}, ${qos}, ${size} bytes`, JSON.stringify(result['rttMs']));
    });

    it('a name that nobody has is told within a second', async () => {
      const ran = await site.run(a, 'oping', '-n', 'nowhere', '-c', '1');
      expect(ran.status).toBe(4);
      expect(ran.stderr).toContain(type);
      expect(ran.tookMs).toBeLessThan(3_000);
    });

    it('the device, its MAC and the hosts found are shown', async () => {
      await answersPing(await client.alloc(`at-${type}`));
      const mac = (host: number): string => hosts.mac(host);
      const { status } = await a.irm.showIpcp(type);
      const ethertype = type === 'eth-dix' ? '0xA000' : null;
      expect(status).toMatchObject({ address: mac(1), device: 'eth0', link: 'up', mtu: 1500, ethertype, mplMs: 100 });
      expect(await a.irm.management.ipcpReport(type, 'neighbors')).toMatchObject([{ address: mac(2) }]);
      expect(await a.irm.management.ipcpReport(type, 'directory')).toMatchObject({ hosts: [{ hosts: [mac(2)] }] });
    });

    it('a member that is killed and comes back ends the flows at the other host', async () => {
      const flow = await client.alloc(`at-${type}`);
      await answersPing(flow);
      kill((await b.irm.listIpcps()).find((ipcp) => ipcp.name === type)!.pid);
      note(`${type}: the other host sees a restart`, ms(await downAfter(flow)));
      await until('the name is served again', () => client.alloc(`at-${type}`).then(answersPing).then(yes, no), 15_000);
    });
  });

  describe('a device', () => {
    it('that is down for half a second loses packets, and no flow', async () => {
      const flow = await client.alloc('at-eth-dix');
      await answersPing(flow);
      hosts.ip(1, 'link', 'set', 'eth0', 'down');
      await until('it is seen', async () => (await link()) === 'down', 2_000);
      await flow.write(new Uint8Array(64));
      await pause(300);
      hosts.ip(1, 'link', 'set', 'eth0', 'up');
      await until('the flow carries', () => answersPing(flow).then(yes, no), 10_000);
      expect(await counter('dropLinkDown')).toBeGreaterThan(0);
    });

    it('that is down for half a second costs a reliable flow no packet', async () => {
      const flows = async (): Promise<number> =>
        (await a.irm.listFlows()).filter(({ state }) => state === 'allocated').length;
      const before = await flows();
      const pings = ping('at-eth-dix', '-q', 'data', '-i', '10ms', '-c', '200');
      await until('the pings go', async () => (await flows()) > before);
      await pause(300);
      hosts.ip(2, 'link', 'set', 'eth0', 'down');
      await pause(500);
      hosts.ip(2, 'link', 'set', 'eth0', 'up');
      expect(await pings).toMatchObject({ received: 200, end: 'complete' });
    });

    it('that vanishes and comes back with its MAC carries its flows again', async () => {
      const flow = await client.alloc('at-eth-dix');
      await answersPing(flow);
      const mac = hosts.mac(1);
      hosts.unplug(1);
      await until('it is missed', async () => (await link()) === 'gone', 2_000);
      hosts.replug(1, mac);
      await until('the flow carries', () => answersPing(flow).then(yes, no), 10_000);
    });

    it('that comes back with another MAC ends the flows at once, and carries new ones', async () => {
      const flow = await client.alloc('at-eth-dix');
      await answersPing(flow);
      const down = downAfter(flow);
      hosts.unplug(1);
      hosts.replug(1, '02:00:00:00:77:aa');
      note('flows end after a change of MAC', ms(await down));
      await until('a new flow carries', () => client.alloc('at-eth-dix').then(answersPing).then(yes, no), 10_000);
    });
  });

  describe('bootstrap', () => {
    const refusal = async (...words: string[]): Promise<{ status: number | null; stderr: string }> => {
      const { status, stderr } = await site.run(a, 'irm', 'ipcp', 'bootstrap', 'name', 'x', 'layer', 'x', ...words);
      return { status, stderr };
    };

    it.each([
      [['type', 'eth-dix', 'dev', 'eth9'], 'there is no device eth9; there are eth0, lo'],
      [
        ['type', 'eth-dix', 'dev', 'eth0', 'ethertype', '05ff'],
        'ethertype must be a hexadecimal number from 0x0600 to',
      ],
      [
        ['type', 'eth-llc', 'dev', 'x'.repeat(16)],
        'dev: must be the name of a network interface of 1 to 15 characters',
      ],
      [['type', 'eth-dix', 'dev', 'eth0'], 'another IPCP has ethertype 0xA000 on eth0'],
    ])('is refused with the field and what is legal: %p', async (words, message) => {
      const ran = await refusal(...words);
      expect(ran.stderr).toContain(message);
      expect(ran.status).toBeGreaterThan(0);
    });

    it('takes a second layer on one device with another ethertype', async () => {
      for (const { irm } of [a, b])
        await irm.bootstrapIpcp({
          name: 'e2',
          type: 'eth-dix',
          layer: 'second',
          config: { dev: 'eth0', ethertype: '0xA001' },
        });
      await site.serve(b, 'at-second', 'second');
      expect(await ping('at-second')).toMatchObject({ received: 100 });
    });

    it('names the capability that is missing', async () => {
      const within = [...hosts.within(2), 'setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'];
      const c = await site.nodeOf({ name: 'c', address: '', runtimeDir: join(site.folder, 'c'), within });
      const attempt = c.irm.bootstrapIpcp({ name: 'e', type: 'eth-dix', layer: 'lan', config: { dev: 'eth0' } });
      await expect(attempt).rejects.toMatchObject({
        code: 'EPERM',
        message: expect.stringContaining('CAP_NET_RAW') as string,
      });
    });
  });

  describe('unicast layers on top of one another', () => {
    beforeAll(async () => {
      await addRank([a, b], { rank: 2, below: 'eth-dix' });
      await addRank([a, b], { rank: 3 });
      await site.serve(b, 'top', 'rank3');
      const first = (): Promise<boolean> => client.alloc('top').then(answersPing).then(yes, no);
      note('a first ping', ms(await timed(() => until('the name is known', first, 15_000))));
    });

    it.each([
      ['raw', '1000', '5ms', '400'],
      ['data', '4000', '5ms', '100'],
    ])('carry pings of QoS %s and %s bytes without loss', async (qos, size, interval, count) => {
      const result = await ping('top', '-q', qos, '-s', size, '-i', interval, '-c', count);
      expect(result).toMatchObject({ received: Number(count), outOfOrder: 0, end: 'complete' });
    });
  });
});

const yes = (): boolean => true;
const no = (): boolean => false;
