import type { DemoNode, Triangle } from '@ouroboros/demo';
import type { Flow, Flows } from '@ouroboros/flow/node';
import { OuroborosError } from '@ouroboros/model';
import { bestOfThree, ms, note, pause, quantile, timed } from './measure.js';
import { until } from './one-node.js';
import { logLines, Site } from './site.js';

jest.setTimeout(30_000);

/** An error is there within this, whatever is wrong. */
const ERROR_LIMIT_MS = 1_000;

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
}, 60_000);
afterAll(() => site.close());

/** One packet there and back. The server is oping: it turns type 0 into type 1. */
async function ping(flow: Flow): Promise<void> {
  await flow.write(new Uint8Array(64));
  expect((await flow.read({ timeoutMs: 2_000 }))[3]).toBe(1);
}

/** The error that an allocation ends with, and after how many ms. */
async function refused(flows: Flows, name: string): Promise<{ error: OuroborosError; tookMs: number }> {
  const startedAt = performance.now();
  const outcome = await flows.alloc(name).then(
    () => new Error(`there was a flow to ${name}`),
    (error: Error) => error,
  );
  if (!(outcome instanceof OuroborosError)) throw outcome;
  return { error: outcome, tookMs: performance.now() - startedAt };
}

describe('the triangle', () => {
  it('is ready within six seconds (best of three starts)', () => {
    note('three nodes ready', ms(readyMs));
    expect(readyMs).toBeLessThan(6_000);
  });

  it('tells what it is: status, routes, neighbours, directory, flows, RIB', async () => {
    const answers = await Promise.all(
      [
        ['status'],
        ['wait', '--ready'],
        ['ipcp', 'show', 'net.n1'],
        ['route', 'list'],
        ['neighbor', 'list'],
        ['directory', 'list'],
        ['flow', 'list'],
        ['rib', 'ls', 'net.n1'],
      ].map((words) => site.irmJson(n1, ...words)),
    );
    for (const answer of answers) note('irm', JSON.stringify(answer));
  });
});

describe('flow allocation between two nodes', () => {
  it('takes less than 15 ms in the median of 200 after 20 (best of three)', async () => {
    await site.serve(n2, 'fast', 'net');
    const median = await bestOfThree(15, async () => {
      const times: number[] = [];
      for (let i = 0; i < 220; i += 1) {
        let flow: Flow | undefined;
        times.push(await timed(async () => (flow = await client.alloc('fast'))));
        await flow!.dealloc();
      }
      const after = times.slice(20);
      note(
        'allocation over net',
        `median ${ms(quantile(after, 0.5))}, 95 % ${ms(quantile(after, 0.95))}, longest ${ms(quantile(after, 1))}`,
      );
      return quantile(after, 0.5);
    });
    expect(median).toBeLessThan(15);
  });

  it.each(['different nodes', 'one node'])('is done within two seconds for 300 at once on %s', async (where) => {
    const node = where === 'one node' ? n1 : n2;
    const name = `slow.${node.plan.name}`;
    const server = site.flows(node);
    await server.ready();
    await node.irm.bindProcess(process.pid, name);
    await node.irm.regName(name, { layers: ['net'] });
    const took = await bestOfThree(2_000, async () => {
      const startedAt = performance.now();
      const asked = Array.from({ length: 300 }, () => client.alloc(name));
      await pause(1_000);
      const accepted = Array.from({ length: 300 }, () => server.accept());
      const all = await Promise.all([...asked, ...accepted]);
      const tookMs = performance.now() - startedAt;
      await Promise.all(all.map((flow) => flow.dealloc()));
      return tookMs;
    });
    note(`300 allocations on ${where}, accepted after 1 s`, ms(took));
    expect(took).toBeLessThan(2_000);
  });

  it('has one correlation id in the logs of both hosts', async () => {
    const flow = await client.alloc('fast');
    await ping(flow);
    const lines = [n1, n2].map((node) => logLines(node).filter(({ id }) => id === flow.correlationId));
    note(
      'correlation id',
      `${flow.correlationId}: ${lines.map((some) => some.map(({ msg }) => msg).join(', ')).join(' | ')}`,
    );
    for (const some of lines) expect(some.length).toBeGreaterThan(0);
    await flow.dealloc();
  });
});

describe('errors', () => {
  it('for a name that is nowhere names the layers, with exit status 4', async () => {
    const { error, tookMs } = await refused(client, 'nowhere');
    note('name that is nowhere', `${ms(tookMs)}: ${error.message}`);
    expect(error).toMatchObject({ code: 'ENAME', message: expect.stringMatching(/asked: .*loop.*net.*udp/) });
    expect(tookMs).toBeLessThan(ERROR_LIMIT_MS);
    const ran = await site.run(n1, 'oping', '-n', 'nowhere');
    note('oping to a name that is nowhere', `${ms(ran.tookMs)}, exit ${ran.status}: ${ran.stderr.trim()}`);
    expect(ran).toMatchObject({ status: 4, stderr: expect.stringContaining(error.message) });
  });

  it('for a name that nobody serves comes from the far host, with exit status 6', async () => {
    await n2.irm.regName('empty', { layers: ['net'] });
    const { error, tookMs } = await refused(client, 'empty');
    note('no server', `${ms(tookMs)}: ${error.message}`);
    expect(error).toMatchObject({ code: 'ENOSERVER' });
    expect(tookMs).toBeLessThan(ERROR_LIMIT_MS);
    const ran = await site.run(n1, 'oping', '-n', 'empty');
    expect(ran).toMatchObject({ status: 6, stderr: expect.stringContaining(error.message) });
  });

  it('of a program that is to be started at the far host arrives with its reason', async () => {
    await n2.irm.bindProgram('/bin/false', 'broken', { auto: true });
    await n2.irm.regName('broken', { layers: ['net'] });
    const { error, tookMs } = await refused(client, 'broken');
    note('server that ends at once', `${ms(tookMs)}: ${error.code} ${error.message}`);
  });

  it('for a name whose members cannot be reached says so, also at the moment of the cut', async () => {
    await site.serve(n3, 'island', 'net');
    await ping(await client.alloc('island'));
    await Promise.all([triangle.cut('n1', 'n3'), triangle.cut('n2', 'n3')]);
    const at = await refused(client, 'island');
    note('member just cut off', `${ms(at.tookMs)}: ${at.error.code} ${at.error.message}`);
    await pause(1_000);
    const later = await refused(client, 'island');
    note('member cut off', `${ms(later.tookMs)}: ${later.error.code} ${later.error.message}`);
    await Promise.all([triangle.heal('n1'), triangle.heal('n2')]);
    const back = await until('island is back', () =>
      client.alloc('island').then(
        () => true,
        () => false,
      ),
    );
    note('member back after', ms(back));
  });
});

describe('a new member', () => {
  it('enrolls and connects', async () => {
    const n4 = await site.node('n4', '127.0.0.4');
    const { management } = n4.irm;
    const config = { ip: '127.0.0.4', port: String(site.port), hosts: 'net.n1=127.0.0.1,net.n2=127.0.0.2' };
    await n4.irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'udp', config });
    const joinMs = await bestOfThree(500, async () => {
      await n4.irm.destroyIpcp('net.n4');
      await n4.irm.createIpcp('net.n4', 'unicast');
      return timed(async () => {
        await management.ipcpEnroll({ name: 'net.n4', dst: 'net.n1', layer: 'net', config: {}, autobind: true });
        await n4.irm.connectIpcp({ name: 'net.n4', dst: 'net.n1' });
      });
    });
    note('enroll and connect', ms(joinMs));
    const withSpawn = await timed(async () => {
      await n4.irm.destroyIpcp('net.n4');
      await n4.irm.enrollIpcp({ name: 'net.n4', type: 'unicast', layer: 'net', dst: 'net.n1', autobind: true });
      await n4.irm.connectIpcp({ name: 'net.n4', dst: 'net.n1' });
    });
    note('destroy, create, enroll, connect', ms(withSpawn));
    for (const node of [n1, n4])
      for (const line of logLines(node).filter(({ msg }) => /enroll/.test(msg))) note('log', JSON.stringify(line));
    const show = (await n4.irm.showIpcp('net.n4')) as unknown;
    note('show', JSON.stringify(show));
    await site.serve(n4, 'four', 'net');
    await ping(await client.alloc('four'));
    const leave = await timed(async () => {
      await n4.irm.destroyIpcp('net.n4');
      note('destroy', 'done');
      await until('gone', async () => (await refused(client, 'four')).error.code === 'ENAME');
    });
    note('leave', ms(leave));
    note('routes', JSON.stringify(await n1.irm.management.ipcpReport('net.n1', 'routes')));
    note('directory', JSON.stringify(await n1.irm.management.ipcpReport('net.n1', 'directory')));
  });

  it('name unregistered is gone', async () => {
    await site.serve(n2, 'brief', 'net');
    await ping(await client.alloc('brief'));
    await n2.irm.unregName('brief', { layers: ['net'] });
    const { error, tookMs } = await refused(client, 'brief');
    note('unregistered', `${ms(tookMs)} ${error.code} ${error.message}`);
  });
});

describe('oping', () => {
  it('prints', async () => {
    const a = await site.run(n1, 'oping', '-n', 'fast', '-c', '3', '-i', '10ms');
    note('oping', JSON.stringify(a));
    const b = await site.run(n1, 'oping', '-n', 'fast', '-c', '3', '-i', '10ms', '--json');
    note('oping', JSON.stringify(b));
  });
});
