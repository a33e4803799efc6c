import { execFileSync } from 'node:child_process';
import type { DemoNode } from '@ouroboros/demo';
import type { Flow, Flows } from '@ouroboros/flow/node';
import { QOS_DATA } from '@ouroboros/model';
import { UDP_DATA_HEADER } from '@ouroboros/wire';
import { Namespaces, noNamespaces } from './namespaces.js';
import { note, pause } from './measure.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

if (noNamespaces !== '') process.stdout.write(`The specs of UDP paths are skipped: ${noNamespaces}.\n`);
const describeWithRoot = noNamespaces === '' ? describe : describe.skip;

/** Longer than the narrow path below takes, shorter than the wide one does. */
const SIZE = 1_400;

describeWithRoot.each([4, 6] as const)('UDP over IPv%d between two hosts', (version) => {
  let hosts: Namespaces;
  let site: Site;
  let a: DemoNode, b: DemoNode;
  let flow: Flow, peer: Flow;
  let server: Flows;

  beforeAll(async () => {
    hosts = new Namespaces(2);
    site = await Site.open();
    [a, b] = await Promise.all([site.nodeAt(hosts, 1, 'a'), site.nodeAt(hosts, 2, 'b')]);
    const address = (i: number): string => (version === 4 ? hosts.address(i) : hosts.address6(i));
    for (const [i, { irm }] of [a, b].entries()) {
      const config = { ip: address(i + 1), hosts: `sink=${address(2)}` };
      await irm.bootstrapIpcp({ name: 'udp', type: `udp${version}`, layer: 'udp', config });
    }
    server = site.flows(b);
    const accepted = server.accept();
    await server.bind('sink');
    await b.irm.regName('sink', { layers: ['udp'] });
    flow = await site.flows(a).alloc('sink');
    peer = await accepted;
  });
  afterAll(async () => {
    await site.close();
    hosts.remove();
  });

  /** Numbers of the packets that arrive, until nothing does for a while. */
  async function arrivals(): Promise<number[]> {
    const numbers: number[] = [];
    try {
      for (;;) {
        const packet = await peer.read({ timeoutMs: 1_500 });
        if (packet.length === SIZE) numbers.push(new DataView(packet.buffer, packet.byteOffset).getUint32(0));
      }
    } catch {
      return numbers;
    }
  }

  /** Lets the reader, which is in this process, have its turns. */
  async function sendAll(count: number, pauseMs: number): Promise<void> {
    const packet = new Uint8Array(SIZE);
    for (let i = 0; i < count; i += 1) {
      new DataView(packet.buffer).setUint32(0, i);
      await flow.write(packet);
      if (i % 25 === 24) await pause(pauseMs);
    }
  }

  /** Packets for which the reader, late on a busy machine, left no room. */
  async function unread(): Promise<number> {
    const counters = (await b.irm.management.ipcpReport('udp', 'counters')) as { readonly dropUserFull: number };
    return counters.dropUserFull;
  }

  const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

  it('carries bursts in order, first over a wide path and then over one that takes less than a packet', async () => {
    for (const mtu of [1_500, 1_300]) {
      hosts.ip(1, 'link', 'set', 'eth0', 'mtu', String(mtu));
      const arrived = arrivals();
      await sendAll(500, 2);
      expect(await arrived).toEqual(inOrder(500));
    }
    hosts.ip(1, 'link', 'set', 'eth0', 'mtu', '1500');
  });

  /** Datagrams that the first host's IP has cut so far. */
  function cut(): number {
    const file = version === 4 ? 'snmp' : 'snmp6';
    const text = execFileSync('ip', ['netns', 'exec', hosts.name(1), 'cat', `/proc/net/${file}`], { encoding: 'utf8' });
    if (version === 6) return Number(/^Ip6FragOKs\s+(\d+)/m.exec(text)![1]);
    const [names, numbers] = text.split('\n').filter((line) => line.startsWith('Ip:'));
    return Number(numbers!.split(' ')[names!.split(' ').indexOf('FragOKs')]);
  }

  it('finds the longest packets that IP need not cut for flows that measure their path', async () => {
    const before = cut();
    const accepted = server.accept();
    const long = await site.flows(a).alloc('sink', { qos: QOS_DATA });
    const taker = await accepted;
    const message = new Uint8Array(60_000);
    const longest = 1_500 - (version === 4 ? 28 : 48) - UDP_DATA_HEADER;
    for (let i = 0; i < 200 && long.packets.pathPacket < longest; i += 1) {
      await long.write(message);
      while ((await taker.read()).length === 0);
      await pause(20);
    }
    expect([long.packets.pathPacket, cut() - before]).toEqual([longest, 0]);
    await long.dealloc();
    await taker.dealloc();
  });

  it('holds its users back while a slow device takes no more, and loses nothing on the way', async () => {
    const tc = (...words: string[]): unknown =>
      execFileSync('ip', ['netns', 'exec', hosts.name(1), 'tc', 'qdisc', ...words], { stdio: 'pipe' });
    tc('replace', 'dev', 'eth0', 'root', 'tbf', 'rate', '20mbit', 'burst', '64k', 'limit', '4mb');
    const count = 4_000;
    const before = await unread();
    const arrived = arrivals();
    const startedAt = performance.now();
    await sendAll(count, 0);
    const tookMs = performance.now() - startedAt;
    note(`${count} packets of ${SIZE} bytes over a device of 20 Mb/s were written in`, `${tookMs.toFixed(0)} ms`);
    const numbers = await arrived;
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    expect(numbers.length + (await unread()) - before).toBe(count);
    tc('del', 'dev', 'eth0', 'root');
  });
});
