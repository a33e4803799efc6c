import type { DemoNode, Triangle } from '@ouroboros/demo';
import type { Flow, Flows } from '@ouroboros/flow/node';
import { answersPing, refusedWithin } from './flows.js';
import { bestOf, bestOfThree, ms, note, pause, quantile, timed } from './measure.js';
import { until } from './one-node.js';
import { logLines, Site } from './site.js';

jest.setTimeout(60_000);

let site: Site;
let triangle: Triangle;
let n1: DemoNode, n2: DemoNode, n3: DemoNode;
let client: Flows;
let readyMs: number;
beforeAll(async () => {
  readyMs = await bestOfThree(6_000, async () => {
    await site?.close();
    site = await Site.open();
    return timed(async () => (triangle = await site.triangle()));
  });
  [n1, n2, n3] = ['n1', 'n2', 'n3'].map((name) => triangle.get(name)) as [DemoNode, DemoNode, DemoNode];
  client = site.flows(n1);
  await site.serve(n2, 'echo', 'net');
});
afterAll(() => site.close());

describe('the triangle', () => {
  it('is ready within six seconds (best of three starts)', () => {
    note('three nodes ready', ms(readyMs));
    expect(readyMs).toBeLessThan(6_000);
  });

  it('serves a name on two nodes that is called from the third', async () => {
    const flows = await Promise.all(Array.from({ length: 20 }, () => client.alloc('hello')));
    for (const flow of flows) await answersPing(flow);
    const [at2, at3] = await Promise.all(
      [n2, n3].map(async ({ irm }) => (await irm.listFlows()).filter(({ name }) => name === 'hello').length),
    );
    note('20 flows to a name on two nodes', `${at2} on n2, ${at3} on n3`);
    expect(at2! + at3!).toBe(20);
    expect(Math.min(at2!, at3!)).toBeGreaterThan(0);
    await Promise.all(flows.map((flow) => flow.dealloc()));
  });
});

describe('the tools on a node of a network', () => {
  it('show routes, neighbours, directory, flows, addresses and the RIB', async () => {
    const flow = await client.alloc('echo');
    const ask = (...words: string[]): Promise<unknown> => site.irmJson(n1, ...words);
    const rows = (list: unknown, ipcp: string): Record<string, unknown>[] =>
      (list as { ipcps: { ipcp: string; rows: Record<string, unknown>[] }[] }).ipcps.find((one) => one.ipcp === ipcp)!
        .rows;
    const [routes, neighbors, directory, flows, own, other, entries] = await Promise.all([
      ask('route', 'list'),
      ask('neighbor', 'list', 'net.n1'),
      ask('directory', 'list', 'net.n1'),
      ask('flow', 'list'),
      ask('ipcp', 'show', 'net.n1'),
      site.irmJson(n2, 'ipcp', 'show', 'net.n2'),
      ask('rib', 'ls', 'net.n1'),
    ]);
    const addressOf = (shown: unknown): string => (shown as { ipcp: { address: string } }).ipcp.address;
    expect(rows(routes, 'net.n1')).toContainEqual({
      destination: addressOf(other),
      nextHop: addressOf(other),
      direct: true,
    });
    const links = rows(neighbors, 'net.n1');
    expect(links.map(({ state, lowerLayer }) => [state, lowerLayer])).toEqual(Array(4).fill(['up', 'udp']));
    expect(rows(directory, 'net.n1')).toContainEqual(
      expect.objectContaining({ kind: 'contact', address: addressOf(other) }),
    );
    expect((flows as { flows: unknown[] }).flows).toContainEqual(
      expect.objectContaining({ flowId: flow.id, name: 'echo', layer: 'net', state: 'allocated', pids: [process.pid] }),
    );
    const dt = `dt.${addressOf(own)}`;
    expect((entries as { entries: string[] }).entries.sort()).toEqual(['dht', dt, 'flow-allocator', 'info', 'lsdb']);
    await flow.dealloc();
  });
});

describe('flow allocation between two nodes', () => {
  it('takes less than 15 ms in the median of 200 after 20 (best of six)', async () => {
    const median = await bestOf(6, 15, async () => {
      const times: number[] = [];
      for (let i = 0; i < 220; i += 1) {
        let flow: Flow | undefined;
        times.push(await timed(async () => (flow = await client.alloc('echo'))));
        await flow!.dealloc();
        // The end of a flow goes on in the daemons for a moment, and is not what is measured.
        await pause(10);
      }
      const [middle, most, all] = [0.5, 0.95, 1].map((part) => quantile(times.slice(20), part)) as [
        number,
        number,
        number,
      ];
      note('200 allocations over net', `median ${ms(middle)}, 95 % ${ms(most)}, longest ${ms(all)}`);
      return middle;
    });
    expect(median).toBeLessThan(15);
  });

  it.each(['different nodes', 'one node'])(
    'is done within two seconds for 300 at once on %s, with a server that accepts after one (best of three)',
    async (where) => {
      const node = where === 'one node' ? n1 : n2;
      const name = `late.${node.plan.name}`;
      await node.irm.regName(name, { layers: ['net'] });
      const best = await bestOfThree(2_000, async () => {
        const server = site.start(node, 'burst-server', '1000', '300');
        await until('the server is attached', () =>
          node.irm.bindProcess(server.pid, name).then(
            () => true,
            () => false,
          ),
        );
        const ran = await site.run(n1, 'burst-client', name, '300');
        const { flows, tookMs } = JSON.parse(ran.stdout) as { flows: number; tookMs: number };
        expect(flows).toBe(300);
        await server.kill('SIGTERM');
        return tookMs;
      });
      note(`300 allocations at once on ${where}`, ms(best));
      expect(best).toBeLessThan(2_000);
    },
  );

  it('has one correlation id in the logs of both hosts', async () => {
    const flow = await client.alloc('echo');
    await answersPing(flow);
    const messages = [n1, n2].map((node) =>
      logLines(node)
        .filter(({ id }) => id === flow.correlationId)
        .map(({ msg }) => msg),
    );
    note('correlation id of a flow', `${flow.correlationId} "${messages[0]![0]}" and "${messages[1]![0]}"`);
    for (const some of messages) expect(some).toContainEqual(expect.stringMatching(/^flow \d+ to echo allocated/));
    await flow.dealloc();
  });
});

describe('oping between two nodes', () => {
  it('prints replies and statistics, and ends with 0', async () => {
    const ran = await site.run(n1, 'oping', '-n', 'echo', '-c', '3', '-i', '10ms');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const lines = ran.stdout.split('\n');
    expect(lines[0]).toBe('Pinging echo with 64 bytes of data (3 packets):');
    for (const seq of [0, 1, 2])
      expect(ran.stdout).toMatch(new RegExp(`^64 bytes from echo: seq=${seq} time=[0-9.]+ (ms|µs)$`, 'm'));
    expect(lines).toContain('--- echo ping statistics ---');
    expect(ran.stdout).toMatch(
      /^3 packets transmitted, 3 received, 0 out-of-order, 0% packet loss, time: [0-9.]+ ms$/m,
    );
    expect(ran.stdout).toMatch(/^rtt min\/avg\/max\/mdev = [0-9.]+\/[0-9.]+\/[0-9.]+\/[0-9.]+ (ms|µs)$/m);
    note('oping', lines.at(-2)!);
  });

  it.each(['best', 'video', 'voice', 'data'])('does the same over a flow of QoS %s', async (qos) => {
    const ran = await site.run(n1, 'oping', '-n', 'echo', '-c', '20', '-i', '5ms', '-s', '1500', '-q', qos, '--json');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject({ received: 20, outOfOrder: 0, end: 'complete' });
  });

  it('carries packets of every size up to its largest, without loss', async () => {
    const runs = await Promise.all(
      ['64', '1000', '1500'].map((size) =>
        site.run(n1, 'oping', '-n', 'echo', '-c', '100', '-i', '5ms', '-s', size, '--json'),
      ),
    );
    for (const { stdout } of runs)
      expect(JSON.parse(stdout)).toMatchObject({ received: 100, outOfOrder: 0, end: 'complete' });
  });
});

describe('a member that joins and leaves', () => {
  let n4: DemoNode;
  beforeAll(async () => {
    n4 = await site.node('n4', '127.0.0.4');
    const config = { ip: '127.0.0.4', port: String(site.port), hosts: 'net.n1=127.0.0.1,net.n2=127.0.0.2' };
    await n4.irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'udp', config });
  });

  const joined = async (): Promise<void> => {
    const request = { name: 'net.n4', dst: 'net.n1', layer: 'net', config: {}, autobind: true };
    await n4.irm.management.ipcpEnroll(request);
    await n4.irm.connectIpcp({ name: 'net.n4', dst: 'net.n1' });
  };

  it('enrolls and connects within 500 ms (best of three), with one correlation id in the logs of both hosts', async () => {
    const best = await bestOfThree(500, async () => {
      await n4.irm.destroyIpcp('net.n4');
      await n4.irm.createIpcp('net.n4', 'unicast');
      return timed(joined);
    });
    note('enroll and connect', ms(best));
    expect(best).toBeLessThan(500);
    const there = logLines(n1).filter(({ msg }) => msg === 'a member enrolled');
    const here = logLines(n4).filter(({ msg }) => msg === 'IPCP net.n4 enrolled in layer net');
    note(
      'correlation id of an enrollment',
      `${String(here.at(-1)?.id)} on the new node, ${String(there.at(-1)?.id)} on n1`,
    );
    expect(here.at(-1)?.id).toMatch(/^[0-9a-f]{16}$/);
    expect(here.at(-1)?.id).toBe(there.at(-1)?.id);
  });

  it('is gone from routes and directory of the others within a second after it leaves', async () => {
    await site.serve(n4, 'four', 'net');
    await answersPing(await client.alloc('four'));
    const { address } = (await n4.irm.showIpcp('net.n4')).status as { address: string };
    const held = async (): Promise<string[]> => {
      const reports = await Promise.all(
        [n1, n2, n3].flatMap(({ irm, plan }) =>
          ['routes', 'neighbors', 'directory'].map((topic) => irm.management.ipcpReport(`net.${plan.name}`, topic)),
        ),
      );
      const rows = reports.flatMap((report) => report as Record<string, unknown>[]);
      return rows.filter((row) => Object.values(row).includes(address)).map((row) => JSON.stringify(row));
    };
    expect((await held()).length).toBeGreaterThan(3);
    const leaving = n4.irm.destroyIpcp('net.n4');
    const tookMs = await until('nobody knows it', async () => (await held()).length === 0, 2_000).catch(() => Infinity);
    await leaving;
    expect(await held()).toEqual([]);
    note('routes, neighbours and directory are clear of a member that leaves', ms(tookMs));
    expect(tookMs).toBeLessThan(1_000);
    expect(await refusedWithin(1_000, client.alloc('four'))).toMatchObject({ code: 'ENAME' });
  });

  it('can leave and come back at once, again and again', async () => {
    const tookMs = await timed(async () => {
      for (let round = 0; round < 3; round += 1) {
        await n4.irm.createIpcp('net.n4', 'unicast');
        await joined();
        await n4.irm.destroyIpcp('net.n4');
      }
      await n4.irm.createIpcp('net.n4', 'unicast');
      await joined();
    });
    note('four times create, enroll, connect, three times destroy', ms(tookMs));
    await site.serve(n4, 'five', 'net');
    await answersPing(await client.alloc('five'));
  });
});
