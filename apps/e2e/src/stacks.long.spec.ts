import { readFileSync } from 'node:fs';
import type { Flow, Flows } from '@ouroboros/flow/node';
import { QOS_DATA, QOS_RAW, type QosSpec } from '@ouroboros/model';
import { answersPing, downAfter, refusedWithin } from './flows.js';
import { again } from './line.js';
import { ms, note, pause, quantile, timed } from './measure.js';
import { until } from './one-node.js';
import type { Program } from './programs.js';
import { Site, processesOf } from './site.js';
import { addRank, tcpRank, udpRank, type Pair } from './stack.js';

jest.setTimeout(60_000);

let site: Site;
let pair: Pair;

async function open(): Promise<void> {
  site = await Site.open();
  pair = await Promise.all([site.node('a', '127.0.0.1'), site.node('b', '127.0.0.2')]);
}
const close = (): Promise<void> => site.close();

/** The average round trip of pings of which none is lost, in ms. */
async function ping(name: string, ...more: string[]): Promise<number> {
  const { stdout, stderr } = await site.run(pair[0], 'oping', '-n', name, '--json', ...more);
  if (stdout === '') throw new Error(stderr);
  const result = JSON.parse(stdout) as { transmitted: number; rttMs: { avg: number } };
  expect(result).toMatchObject({ received: result.transmitted, outOfOrder: 0, end: 'complete' });
  return result.rttMs.avg;
}

/** Serves a name on the second node; answers with a first ping's success. */
async function served(name: string, layer: string): Promise<Program> {
  const server = await site.serve(pair[1], name, layer);
  await again(() => ping(name, '-c', '1'));
  return server;
}

describe('ten unicast layers on one another, over UDP', () => {
  const TOP = 11;
  const ranks = Array.from({ length: TOP - 1 }, (_, i) => i + 2);
  let client: Flows;
  let server: Program;
  beforeAll(open);
  afterAll(close);

  it('are built', async () => {
    await udpRank(pair, site.port);
    const tookMs: number[] = [];
    for (const rank of ranks) tookMs.push(await timed(() => addRank(pair, { rank })));
    const all = tookMs.reduce((sum, one) => sum + one, 0);
    note(
      'ten ranks on two nodes',
      `built in ${ms(all)}, the first in ${ms(tookMs[0]!)}, the last in ${ms(tookMs.at(-1)!)}`,
    );
    for (const { irm } of pair) expect((await irm.status()).waitingFor).toEqual([]);
    client = site.flows(pair[0]);
    await serveEcho('echo', `rank${TOP}`);
  });

  it('carry pings at each rank without loss', async () => {
    for (const rank of [2, 6, TOP]) {
      server = await served(`at${rank}`, `rank${rank}`);
      note(`round trip over ${rank - 1} unicast ranks`, ms(await ping(`at${rank}`, '-c', '200', '-i', '2ms')));
    }
  });

  it.each<[string, QosSpec, readonly number[]]>([
    ['raw', QOS_RAW, [1, 1_400, 1_500, 9_000, 64_000]],
    ['data', QOS_DATA, [1, 1_400, 1_500, 9_000, 64_000, 1_000_000]],
  ])(
    'carry packets of all sizes at the top, QoS %s, and find how long one may be to stay whole',
    async (kind, qos, sizes) => {
      const flow = await again(() => client.alloc('echo', { qos }));
      for (const size of sizes) await echoes(flow, size);
      await until(
        'the path is known',
        async () => {
          await echoes(flow, 12_000);
          await pause(100);
          return flow.pathPacket > 8_000;
        },
        30_000,
      );
      note(
        `longest packet at the top, QoS ${kind}`,
        `${flow.pathPacket} bytes whole, ${flow.maxPacket} bytes in parts`,
      );
      expect(flow.pathPacket).toBeLessThan(8_976);
      await expect(flow.write(new Uint8Array(flow.maxPacket + 1))).rejects.toMatchObject({ code: 'EMSGSIZE' });
      await flow.dealloc();
    },
  );

  it('say within a second or two that a name is unknown, that a server is gone, and that the peer is silent', async () => {
    const unknown = await refusedWithin(2_000, client.alloc('nowhere'));
    expect(unknown.code).toBe('ENAME');
    const [flow, patient] = [
      await client.alloc(`at${TOP}`),
      await client.alloc('echo', { qos: { ...QOS_RAW, timeout: 2_000 } }),
    ];
    await Promise.all([answersPing(flow), echoes(patient, 64)]);
    const down = downAfter(flow);
    await server.kill('SIGKILL');
    note('a server at the top is killed', `the flow is down after ${ms(await down)}`);
    expect(await down).toBeLessThan(2_000);
    await cut('drop');
    await expect(patient.read({ timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'EFLOWPEER' });
    await cut('clear');
  });

  it('carry again after a break, and lose nothing of a reliable flow', async () => {
    await served('again', `rank${TOP}`);
    const flow = await client.alloc('echo', { qos: QOS_DATA });
    await cut('drop');
    const echo = echoes(flow, 4_000, 30_000);
    await pause(1_500);
    await cut('clear');
    note('after a break of 1.5 s the top carries after', ms(await timed(() => echo)));
    await flow.dealloc();
  });

  it('take about the memory of one layer per daemon', () => {
    const [irmd, ...ipcps] = processesOf(pair[0]).map(residentMb);
    note(
      'resident memory',
      `irmd ${irmd} MB, IPCPs ${quantile(ipcps, 0.5)} MB in the middle, ${Math.max(...ipcps)} MB at most`,
    );
    expect(Math.max(...ipcps)).toBeLessThan(2 * Math.min(...ipcps));
  });

  const cut = async (how: 'drop' | 'clear'): Promise<unknown> =>
    pair[0].irm.management.ipcpControl('udp', 'fault', { [how]: pair[1].plan.address });
});

describe('over TCP', () => {
  beforeAll(async () => {
    await open();
    await tcpRank(pair, site.port);
    await addRank(pair, { rank: 2 });
  });
  afterAll(close);

  it('unicast over unicast carries pings of each kind without loss', async () => {
    await addRank(pair, { rank: 3 });
    await served('top', 'rank3');
    for (const [qos, size] of [
      ['raw', '64'],
      ['raw', '1500'],
      ['data', '1500'],
      ['voice', '200'],
    ] as const)
      note(
        `unicast over unicast over TCP, ${qos}, ${size} bytes`,
        ms(await ping('top', '-q', qos, '-s', size, '-c', '200', '-i', '2ms')),
      );
  });

  it('broadcast over unicast brings each message to the other member once', async () => {
    await addRank(pair, { rank: 4, below: 'rank2', type: 'broadcast' });
    const [a, b] = await Promise.all(pair.map((node) => site.flows(node).join('rank4')));
    for (const [from, to] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      for (let i = 0; i < 200; i += 1) await from.write(Uint8Array.of(i, 1));
      for (let i = 0; i < 200; i += 1) expect([...(await to.read({ timeoutMs: 5_000 }))]).toEqual([i, 1]);
    }
    for (const flow of [a!, b!]) expect(flow.tryRead()).toBeUndefined();
  });
});

/** Lets this process send back all that comes to a name at the second node. */
async function serveEcho(name: string, layer: string): Promise<void> {
  const [, { irm }] = pair;
  const server = site.flows(pair[1]);
  await expect(server.accept({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await irm.bindProcess(process.pid, name);
  await irm.regName(name, { layers: [layer] });
  void acceptAll(server);
}

async function acceptAll(server: Flows): Promise<void> {
  for (;;) {
    const flow = await server.accept().catch(() => undefined);
    if (!flow) return;
    void echo(flow);
  }
}

async function echo(flow: Flow): Promise<void> {
  try {
    for await (const packet of flow) await flow.write(packet);
  } catch {
    await flow.dealloc();
  }
}

async function echoes(flow: Flow, size: number, limitMs = 10_000): Promise<void> {
  const packet = new Uint8Array(size).fill(size % 251);
  await flow.write(packet);
  const reply = await flow.read({ timeoutMs: limitMs });
  if (!Buffer.from(reply).equals(packet)) throw new Error(`${reply.length} bytes came back of ${size}`);
}

const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) >> 10;
