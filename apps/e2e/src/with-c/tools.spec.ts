import { once } from 'node:events';
import { join } from 'node:path';
import { Namespaces } from '../namespaces.js';
import { CNode, findC } from './c-node.js';
import { OurNode } from './our-node.js';
import type { PeerNode } from './peer-node.js';
import { run, until } from './run.js';

const { prefix, reason } = findC();
if (prefix === undefined) process.stdout.write(`The specs of tools with Ouroboros C are skipped: ${reason}.\n`);
const PROBE = join(__dirname, '..', '..', 'bundle', 'ip-probe.cjs');
const describeWithC = prefix === undefined ? describe.skip : describe;

describeWithC('the tools of C and ours', () => {
  let hosts: Namespaces;
  const nodes: PeerNode[] = [];

  beforeAll(async () => {
    hosts = new Namespaces(2);
    nodes.push(await CNode.start(prefix!, hosts.name(1)), await OurNode.start(hosts.name(2)));
    for (const node of nodes)
      await node.irm('ipcp', 'bootstrap', 'type', 'eth-dix', 'name', 'e', 'layer', 'lan', 'dev', 'eth0');
  }, 60_000);

  afterAll(async () => {
    for (const node of nodes) await node.stop();
    hosts.remove();
  }, 60_000);

  /** C's irmd has to know a name that is called. */
  async function called(client: PeerNode, name: string): Promise<void> {
    if (client instanceof CNode) await client.irm('name', 'create', name);
  }

  /** Packets that an ocbr server has reported: C's reports are about intervals, the last one of ours is about the whole. */
  function counted(server: PeerNode): number {
    const reports = [...server.printed.matchAll(/Flow +\d+: +(\d+) packets/g)].map(([, packets]) => Number(packets));
    return server instanceof CNode ? reports.reduce((sum, packets) => sum + packets, 0) : (reports.at(-1) ?? 0);
  }

  const DIRECTIONS = [
    ['C calls ours', 0],
    ['ours calls C', 1],
  ] as const;

  it.each(DIRECTIONS)(
    'say hello to each other: %s',
    async (_title, from) => {
      const [client, server] = [nodes[from]!, nodes[1 - from]!];
      await server.serveWith('oecho', ['-l'], 'oecho', 'lan');
      await called(client, 'oecho');
      const answered = (text: string): boolean => text.includes('Server replied with Client says hi!');
      await until(() => client.tool('oecho').then(answered, () => false), 45_000, 'an answer of oecho');
      await until(() => server.printed.includes('Message from client is Client says hi!.'), 5_000, 'the message');
      await server.irm('name', 'unregister', 'oecho', 'layer', 'lan');
      await server.irm('name', 'destroy', 'oecho');
    },
    90_000,
  );

  it.each([
    ['C calls ours', 0, 'oip', 'ovpn'],
    ['ours calls C', 1, 'ovpn', 'oip'],
  ] as const)(
    'tunnel IP: %s',
    async (_title, from, serverTool, clientTool) => {
      const [client, server] = [nodes[from]!, nodes[1 - from]!];
      const name = `ip.${from}`;
      const address = (i: number): string => `10.9.${from}.${i}`;
      const at = (i: number): string[] => ['-i', address(i), '-m', '255.255.255.0'];
      const serving = await server.serveWith(serverTool, at(1), name, 'lan');
      await called(client, name);
      const calling = client.start(clientTool, ...at(2), '-n', name);
      const ping = (host: number, to: number): Promise<string> =>
        run(
          'ip',
          [...hosts.within(host).slice(1), process.execPath, PROBE, 'ping', address(to), '20', '1000'],
          {},
          60_000,
        );
      const passes = (host: number, to: number): Promise<boolean> =>
        ping(host, to).then(
          (text) => text.includes('"received":20'),
          () => false,
        );
      const [clientHost, serverHost] = [from + 1, 2 - from];
      await until(() => passes(clientHost, 1), 45_000, 'pings of the client');
      await until(() => passes(serverHost, 2), 10_000, 'pings of the server');
      for (const child of [calling, serving]) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    },
    120_000,
  );

  it.each(DIRECTIONS)(
    'send at a constant rate, and count: %s',
    async (_title, from) => {
      const [client, server] = [nodes[from]!, nodes[1 - from]!];
      const name = `cbr.${from}`;
      await server.serveWith('ocbr', ['-l'], name, 'lan');
      await called(client, name);
      const run = (): Promise<string> => client.tool('ocbr', '-n', name, '-d', '3', '-s', '500', '-r', '400k');
      let printed = '';
      const sends = (): Promise<boolean> =>
        run().then(
          (text) => (printed = text) !== '',
          () => false,
        );
      await until(sends, 45_000, `a flow to ${name}`);
      const [, packets] = /sent statistics: +(\d+) packets, +\d+ bytes in +\d+ ms/.exec(printed)!;
      expect(Number(packets)).toBeGreaterThan(200);
      await until(() => counted(server) === Number(packets), 5_000, `${packets} packets counted`);
    },
    90_000,
  );
});
