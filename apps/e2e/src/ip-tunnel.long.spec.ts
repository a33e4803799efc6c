import { execFileSync } from 'node:child_process';
import { installed, type DemoNode } from '@ouroboros/demo';
import type { Flow } from '@ouroboros/flow/node';
import { ms, note, pause } from './measure.js';
import { Namespaces, noNamespaces } from './namespaces.js';
import { until } from './one-node.js';
import type { Program, Ran } from './programs.js';
import { Site } from './site.js';

jest.setTimeout(120_000);

if (noNamespaces !== '') process.stdout.write(`The specs of oip are skipped: ${noNamespaces}.\n`);
const describeWithRoot = noNamespaces === '' ? describe : describe.skip;
const hasIperf3 = installed('iperf3') !== undefined;

if (!hasIperf3) process.stdout.write('oip is measured with transfers of our own only: there is no iperf3.\n');

interface Iperf3Report {
  readonly end: {
    readonly sum?: { readonly lost_percent: number };
    readonly sum_received: { readonly bits_per_second: number };
  };
}

/** What `ip -s -j link` prints. */
interface LinkReport {
  readonly stats64: { readonly rx: { readonly packets: number }; readonly tx: { readonly packets: number } };
}

/** Addresses in the tunnel. */
const inside = (i: number): string => `10.9.0.${i}`;
const inside6 = (i: number): string => `fd09::${i}`;
const addressesOf = (i: number): string[] => ['-i', `${inside(i)}/24`, '-i', `${inside6(i)}/64`];

const WAYS = [
  [2, inside(1)],
  [1, inside6(2)],
] as const;

/** Hosts with a node each, which have only an Ouroboros layer over Ethernet in common; the first serves the name `tunnel`. */
describeWithRoot('oip', () => {
  let hosts: Namespaces;
  let site: Site;
  let nodes: DemoNode[];
  let server: Program;
  const clients: Program[] = [];

  const start = (i: number, program: string, ...args: string[]): Program =>
    site.startWith({ within: hosts.within(i) }, nodes[i - 1]!, program, ...args);
  const probe = async (i: number, ...args: string[]): Promise<Record<string, number>> => {
    const { stdout, stderr } = await start(i, 'ip-probe', ...args).ended;
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Record<string, number>;
  };
  const iperf3 = (i: number, ...args: string[]): string =>
    execFileSync('ip', ['netns', 'exec', hosts.name(i), 'iperf3', ...args], { encoding: 'utf8', timeout: 60_000 });
  /** TCP, and UDP at a rate below that of the path. */
  async function iperf3Passes(from: number, address: string): Promise<void> {
    for (const words of [[], ['-u', '-b', '5M']]) {
      iperf3(3 - from, '-s', '-D', '-1');
      await pause(300);
      const { end } = JSON.parse(iperf3(from, '-c', address, '-t', '1', '-J', ...words)) as Iperf3Report;
      expect(end.sum_received.bits_per_second).toBeGreaterThan(1e6);
      expect(end.sum?.lost_percent ?? 0).toBeLessThan(5);
      note(
        `iperf3 ${words.length > 0 ? 'UDP' : 'TCP'} to ${address}`,
        `${(end.sum_received.bits_per_second / 1e6).toFixed(1)} Mbit/s`,
      );
    }
  }
  /** What went over the device of a host so far, as the kernel counts it. */
  const packetsOf = (i: number): { readonly in: number; readonly out: number } => {
    const [{ stats64 }] = JSON.parse(hosts.ip(i, '-s', '-j', 'link', 'show', 'vpn')) as [LinkReport];
    return { in: stats64.rx.packets, out: stats64.tx.packets };
  };
  const mtuOf = (i: number): number => Number(/mtu (\d+)/.exec(hosts.ip(i, 'link', 'show', 'vpn'))![1]);

  async function client(i: number, ...more: string[]): Promise<Program> {
    const program = start(i, 'oip', ...addressesOf(i), '-n', 'tunnel', '--device', 'vpn', ...more);
    clients.push(program);
    await program.says(more.includes('--json') ? /^/ : /Flow allocated/);
    return program;
  }

  beforeAll(async () => {
    hosts = new Namespaces(3);
    site = await Site.open();
    nodes = await Promise.all([1, 2, 3].map((i) => site.nodeAt(hosts, i, `h${i}`)));
    for (const { irm } of nodes)
      await irm.bootstrapIpcp({ name: 'e', type: 'eth-dix', layer: 'lan', config: { dev: 'eth0' } });
    server = start(1, 'oip', ...addressesOf(1), '--device', 'vpn');
    await server.says(/Waiting for a new flow/);
    await nodes[0]!.irm.bindProcess(server.pid, 'tunnel');
    await nodes[0]!.irm.regName('tunnel', { layers: ['lan'] });
    for (const i of [1, 2, 3]) await start(i, 'ip-probe', 'serve').says(/ready/);
  });
  afterAll(async () => {
    await site.close();
    hosts.remove();
  });

  /** Their device can be made only once. */
  const endClients = (): Promise<unknown> => Promise.all(clients.splice(0).map((program) => program.kill('SIGKILL')));

  describe('with one client', () => {
    let program: Program;
    beforeAll(async () => void (program = await client(2)));
    afterAll(async () => {
      const { status, stderr, stdout } = await program.kill('SIGINT');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toContain('Shutting down...');
    });

    it.each([
      ['to the server, IPv4', 2, inside(1)],
      ['to the server, IPv6', 2, inside6(1)],
      ['to the client, IPv4', 1, inside(2)],
      ['to the client, IPv6', 1, inside6(2)],
    ])('pings come back: %s', async (_title, from, address) => {
      for (const size of ['56', '1200', '4000'])
        expect(await probe(from, 'ping', address, '20', size)).toEqual({ sent: 20, received: 20 });
    });

    it.each(WAYS)(
      'the kernel hands over several packets at once, and takes them so: from %d to %s',
      async (from, address) => {
        hosts.narrow(2, 1500);
        const before = [packetsOf(from), packetsOf(3 - from)] as const;
        expect((await probe(from, 'tcp', address, '4000000'))['counted']).toBe(4_000_000);
        const out = packetsOf(from).out - before[0].out;
        const into = packetsOf(3 - from).in - before[1].in;
        note(`4 MB to ${address}, in packets for the tunnel`, `${out} from the kernel, ${into} to it`);
        expect(out).toBeLessThan(4e6 / 1500);
        expect(into).toBeLessThan(4e6 / 1500);
      },
    );

    it.each([1500, 1280, 1124, 576])(
      'TCP and UDP pass both ways when a link in the middle takes %d bytes',
      async (mtu) => {
        hosts.narrow(2, mtu);
        const passes = async (): Promise<boolean> => (await probe(2, 'ping', inside(1), '1', '1200'))['received'] === 1;
        note(`oip, link of ${mtu} bytes: long packets pass again after`, ms(await until('they pass', passes, 40_000)));
        for (const [from, address] of WAYS) {
          const { counted, tookMs } = await probe(from, 'tcp', address, '4000000');
          expect(counted).toBe(4_000_000);
          note(`oip, link of ${mtu} bytes, TCP to ${address}`, `${((4e6 * 8) / tookMs! / 1000).toFixed(0)} Mbit/s`);
          expect(await probe(from, 'udp', address, '200', '1100')).toEqual({ sent: 200, received: 200 });
          expect(await probe(from, 'ping', address, '5', '1200')).toEqual({ sent: 5, received: 5 });
          if (hasIperf3) await iperf3Passes(from, address);
        }
        note(`oip, link of ${mtu} bytes, MTU of the tunnel`, `${mtuOf(1)}, ${mtuOf(2)}`);
        for (const i of [1, 2]) expect(mtuOf(i)).toBeGreaterThanOrEqual(1280);
        // What Ethernet carries, less the headers of the shim and the flow.
        if (mtu === 1500) expect(mtuOf(2)).toBeGreaterThan(1400);
        else expect(mtuOf(2)).toBe(1280);
      },
    );
  });

  describe('otherwise', () => {
    afterEach(endClients);

    it('serves two clients, which reach each other where the server forwards', async () => {
      hosts.narrow(2, 1500);
      const programs = [await client(2, '--json'), await client(3, '--json')];
      for (const i of [2, 3]) {
        await until(
          `client ${i} is known`,
          async () => (await probe(1, 'ping', inside(i), '1', '56'))['received'] === 1,
        );
        expect(await probe(1, 'ping', inside6(i), '10', '56')).toEqual({ sent: 10, received: 10 });
        expect(await probe(i, 'ping', inside(1), '10', '1000')).toEqual({ sent: 10, received: 10 });
      }
      const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding';
      execFileSync('ip', ['netns', 'exec', hosts.name(1), 'sh', '-c', forward]);
      expect(await probe(2, 'ping', inside(3), '10', '56')).toEqual({ sent: 10, received: 10 });
      expect(await probe(3, 'ping', inside6(2), '10', '56')).toEqual({ sent: 10, received: 10 });
      expect((await probe(2, 'tcp', inside(3), '1000000'))['counted']).toBe(1_000_000);
      for (const program of programs) {
        const { status, stdout } = await program.kill('SIGTERM');
        expect(status).toBe(0);
        expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toMatchObject({ device: 'vpn', droppedInvalid: 0 });
      }
    });

    it('reaches the networks of its routes, and no others', async () => {
      hosts.ip(1, 'addr', 'replace', '10.10.0.1/32', 'dev', 'lo');
      hosts.ip(1, 'addr', 'replace', 'fd10::1/128', 'dev', 'lo');
      const program = await client(2, '--route', '10.10.0.0/16', '--route', 'fd10::/32');
      for (const address of ['10.10.0.1', 'fd10::1'])
        expect(await probe(2, 'ping', address, '3', '56')).toEqual({ sent: 3, received: 3 });
      await program.kill('SIGINT');
      await expect(probe(2, 'ping', '10.10.0.1', '1', '56')).rejects.toThrow('no raw socket');
    });

    it('exchanges bare IP packets, as C does, and refuses the address of another client', async () => {
      const flows = site.flows(nodes[2]!);
      const echoed = async (flow: Flow, source: number): Promise<boolean> => {
        await flow.write(echoRequest(source));
        return flow.read({ timeoutMs: 2000 }).then(
          (packet) => packet[9] === 1 && packet[20] === 0,
          () => false,
        );
      };
      const [one, two] = [await flows.alloc('tunnel'), await flows.alloc('tunnel')];
      await until('the first is known', () => echoed(one, 77), 10_000);
      expect(await echoed(two, 77)).toBe(false);
      await until('the second is known', () => echoed(two, 78), 10_000);
      await one.dealloc();
      await until('the address is free', () => echoed(two, 77), 10_000);
      await two.dealloc();
    });

    it('ends with the flow', async () => {
      const program = await client(2);
      await server.kill('SIGTERM');
      const { status, stderr } = await program.ended;
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^oip: flow \d+ is down/)]);
    });

    it('says what is wrong, with the exit statuses of all tools', async () => {
      const ip = addressesOf(2);
      const ran = (within: readonly string[], program: string, ...args: string[]): Promise<Ran> =>
        site.startWith({ within: [...hosts.within(2), ...within] }, nodes[1]!, program, ...args).ended;
      const powerless = await ran(['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'], 'oip', ...ip);
      expect(powerless).toMatchObject({ status: 6, stderr: expect.stringContaining('CAP_NET_ADMIN') as string });
      const hidden = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs tmpfs /dev/net && exec "$@"', 'sh'];
      const without = await ran(hidden, 'oip', ...ip);
      expect(without).toMatchObject({
        status: 4,
        stderr: expect.stringContaining('there is no /dev/net/tun') as string,
      });
      const taken = await ran([], 'oip', ...ip, '--device', 'eth0');
      expect(taken).toMatchObject({ status: 8, stderr: 'oip: there is a device eth0 already\n' });
      const nobody = await ran([], 'ovpn', '-i', '10.11.0.1', '-m', '255.255.255.0', '-n', 'nobody');
      expect(nobody).toMatchObject({
        status: 4,
        stdout: expect.stringContaining('Tunnel device name is tun') as string,
      });
    });
  });
});

/** ICMP echo request from 10.9.0.`source` to the server. */
function echoRequest(source: number): Buffer {
  const packet = Buffer.from('4500001c00004000400100000a0900000a09000108000000000100010000', 'hex').subarray(0, 28);
  packet[15] = source;
  packet.writeUInt16BE(checksum(packet.subarray(0, 20)), 10);
  packet.writeUInt16BE(checksum(packet.subarray(20)), 22);
  return packet;
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
