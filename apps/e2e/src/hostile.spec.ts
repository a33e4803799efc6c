import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { DemoNode, Triangle } from '@ouroboros/demo';
import type { Flow } from '@ouroboros/flow/node';
import { QOS_RAW } from '@ouroboros/model';
import {
  CEP_COMPONENTS,
  DT_PCI_LENGTH,
  encodeCep,
  encodeDht,
  encodeEnrollRequest,
  encodeFa,
  encodeLsa,
  encodeUdpMgmt,
  writeDtPci,
} from '@ouroboros/wire';
import { answersPing } from './flows.js';
import { note, pause } from './measure.js';
import { alive } from './one-node.js';
import { Noise } from './noise.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

const DATAGRAMS = 20_000;
/** What a daemon may have grown by after all of it: a heap that was not collected yet, no more. */
const GROWTH_LIMIT_MB = 64;
/** What the logs of a node may have grown by. */
const LOG_LIMIT_MB = 2;

const noise = new Noise();
let site: Site;
let triangle: Triangle;
let n1: DemoNode, n2: DemoNode;
let daemons: Map<string, number>;
const before = new Map<string, number>();
beforeAll(async () => {
  site = await Site.open();
  triangle = await site.triangle();
  [n1, n2] = [triangle.get('n1'), triangle.get('n2')];
  await site.serve(n2, 'echo', 'net');
  daemons = await pidsOf();
  for (const [name, pid] of daemons) before.set(name, residentMb(pid));
});
afterAll(() => site.close());

async function pidsOf(): Promise<Map<string, number>> {
  const pids = new Map<string, number>();
  for (const { irm, plan, pid } of triangle.nodes) {
    pids.set(`irmd of ${plan.name}`, pid!);
    for (const ipcp of await irm.listIpcps()) pids.set(`${ipcp.name} of ${plan.name}`, ipcp.pid);
  }
  return pids;
}

const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const logMb = ({ plan }: DemoNode): number => {
  const folder = join(plan.runtimeDir, 'log');
  const files = [join(plan.runtimeDir, 'irmd.log'), ...readdirSync(folder).map((file) => join(folder, file))];
  return files.reduce((sum, file) => sum + statSync(file).size, 0) / 1024 / 1024;
};

/** Every daemon is the same process as before, and the network works. */
async function allIsWell(): Promise<void> {
  for (const [name, pid] of daemons) expect([name, alive(pid)]).toEqual([name, true]);
  expect(await pidsOf()).toEqual(daemons);
  const flow = await site.flows(n1).alloc('echo');
  await answersPing(flow);
  await flow.dealloc();
}

const md5 = (name: string): Uint8Array => new Uint8Array(createHash('md5').update(name).digest());
const OAP_LIKE = noise.bytes(40);

describe('hostile bytes', () => {
  it(`${DATAGRAMS} datagrams to the UDP ports: random, malformed, truncated, oversize`, async () => {
    const samples = [
      encodeUdpMgmt({ kind: 'request', sEid: 70, qos: QOS_RAW, hash: md5('net.n1'), data: OAP_LIKE }),
      encodeUdpMgmt({ kind: 'request', sEid: 71, qos: QOS_RAW, hash: md5('nobody'), data: noise.bytes(1900) }),
      encodeUdpMgmt({ kind: 'reply', sEid: 65, dEid: 66, response: 0, data: OAP_LIKE }),
      encodeUdpMgmt({ kind: 'dealloc', sEid: 65, dEid: 66, response: 0 }),
    ];
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.9');
    await once(socket, 'listening');
    const datagram = (): Uint8Array => {
      const kind = noise.below(10);
      if (kind < 5) return noise.mutated(noise.pick(samples));
      if (kind < 7) return Uint8Array.from([0, 0, 0, 60 + noise.below(40), ...noise.bytes(noise.below(200))]);
      return noise.bytes(noise.below(100) === 0 ? 9_000 + noise.below(20_000) : noise.below(120));
    };
    for (let sent = 0; sent < DATAGRAMS; sent += 1) {
      socket.send(datagram(), site.port, triangle.nodes[sent % 3]!.plan.address);
      if (sent % 100 === 99) await turn();
      if (sent % 2_000 === 1_999) await pause(50);
    }
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    await allIsWell();
    const counters = (await n1.irm.management.ipcpReport('udp', 'counters')) as Record<string, number>;
    const drops = Object.entries(counters).filter(([name, count]) => name.startsWith('drop') && count > 0);
    note('hostile datagrams', `counted on n1: ${drops.map(([name, count]) => `${name} ${count}`).join(', ')}`);
    expect(drops.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(DATAGRAMS / 3 / 2);
  });

  it('3,000 packets on flows to a unicast IPCP: as OCEP, enrollment, management and data transfer', async () => {
    const flows = site.flows(n1);
    const address = 0x0badcafe;
    const own = (await n2.irm.showIpcp('net.n2')).status as { address: string };
    const n2Address = parseInt(own.address.split('.').reverse().join(''), 16);
    const [dt, lsp, oep] = (['dataTransfer', 'management', 'enrollment'] as const).map((component) =>
      encodeCep({ ...CEP_COMPONENTS[component], address: component === 'enrollment' ? 0 : address }),
    ) as [Uint8Array, Uint8Array, Uint8Array];
    const pdu = (eid: number, body: Uint8Array): Uint8Array => {
      const bytes = new Uint8Array(DT_PCI_LENGTH + body.length);
      writeDtPci(bytes, 0, noise.below(4) === 0 ? noise.below(0x7fffffff) : n2Address, 0, noise.below(256), 0, eid, 0);
      bytes.set(body, DT_PCI_LENGTH);
      return bytes;
    };
    const key = noise.bytes(32);
    const src = { id: noise.bytes(32), address };
    const packets: Record<string, readonly Uint8Array[]> = {
      nothing: [noise.bytes(30), new Uint8Array(1), noise.bytes(4_000), dt, lsp],
      enrollment: [encodeEnrollRequest({ id: noise.bytes(8) }), noise.bytes(200)],
      management: [
        encodeLsa({ destination: address, source: 0x01020304, sequence: 1n }),
        encodeLsa({ destination: 0x01020304, source: address, sequence: 0xffff_ffff_ffff_fff0n }),
        noise.bytes(300),
      ],
      dataTransfer: [
        pdu(0, encodeFa({ kind: 'request', sAddr: address, sEid: 99n, qos: QOS_RAW, hash: key, data: OAP_LIKE })),
        pdu(0, encodeFa({ kind: 'update', rEid: 0n, ece: 9 })),
        pdu(0, encodeFa({ kind: 'dealloc', rEid: 64n, response: 0 })),
        pdu(1, encodeDht({ kind: 'store', src, key, value: noise.bytes(8), expiresS: 0xffffffff })),
        pdu(1, encodeDht({ kind: 'find-value-request', src, key, cookie: 5n })),
        pdu(70, noise.bytes(100)),
        noise.bytes(14),
      ],
    };
    const opening = { nothing: null, enrollment: oep, management: lsp, dataTransfer: dt } as const;
    const attack = async (kind: keyof typeof opening): Promise<void> => {
      const flow: Flow = await flows.alloc('net.n2');
      const first = opening[kind];
      if (first) await flow.write(first);
      for (let sent = 0; sent < 150 && flow.down === null; sent += 1) {
        await flow.write(noise.mutated(noise.pick(packets[kind]!)).slice(0, 8_000)).catch(() => undefined);
      }
      await flow.dealloc();
    };
    for (let round = 0; round < 5; round += 1) {
      await Promise.all((Object.keys(opening) as (keyof typeof opening)[]).map(attack));
    }
    await allIsWell();
    type Counts = Record<'routing' | 'directory' | 'flowAllocator', { malformed: number }>;
    const { routing, directory, flowAllocator } = (await n2.irm.showIpcp('net.n2')).status as unknown as Counts;
    const malformed = [routing, directory, flowAllocator].map((counts) => counts.malformed);
    note(
      'hostile packets',
      `malformed on n2: routing ${malformed[0]}, directory ${malformed[1]}, allocator ${malformed[2]}`,
    );
    expect(Math.min(...malformed)).toBeGreaterThan(0);
  });

  it('garbage on irm.sock and on the sockets of packet channels: random bytes, broken HTTP/2', async () => {
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
    const paths = triangle.nodes.flatMap(({ plan: { runtimeDir } }) =>
      readdirSync(runtimeDir)
        .filter((file) => file === 'irm.sock' || file.startsWith('ch.'))
        .map((file) => join(runtimeDir, file)),
    );
    expect(paths.length).toBeGreaterThanOrEqual(3 + 9);
    const attack = async (path: string): Promise<void> => {
      const socket = connect(path);
      socket.on('error', () => undefined);
      if (noise.below(3) === 0) socket.write(preface);
      for (let writes = noise.below(8); writes > 0; writes -= 1) socket.write(noise.bytes(noise.below(5_000)));
      if (noise.below(4) > 0) socket.end();
      await Promise.race([new Promise<void>((resolve) => socket.once('close', () => resolve())), pause(100)]);
      socket.destroy();
    };
    for (let round = 0; round < 40; round += 1) await Promise.all(paths.map(attack));
    note('garbage on sockets', `${40 * paths.length} connections to ${paths.length} sockets`);
    await allIsWell();
  });

  it('after all that: no daemon has grown without bounds, nor have its logs', async () => {
    const growth = [...daemons].map(([name, pid]) => [name, residentMb(pid) - before.get(name)!] as const);
    const worst = growth.reduce((a, b) => (b[1] > a[1] ? b : a));
    note(
      'memory',
      `most grown: ${worst[0]} by ${worst[1].toFixed(0)} MB to ${residentMb(daemons.get(worst[0])!).toFixed(0)} MB`,
    );
    expect(growth.filter(([, mb]) => mb > GROWTH_LIMIT_MB)).toEqual([]);
    const logs = triangle.nodes.map(logMb);
    note('logs', logs.map((mb, i) => `${mb.toFixed(2)} MB on n${i + 1}`).join(', '));
    expect(Math.max(...logs)).toBeLessThan(LOG_LIMIT_MB);
  });
});
