import type { DemoNode } from '@ouroboros/demo';
import type { Flows } from '@ouroboros/flow/node';
import { answersPing, downAfter, refusedWithin } from './flows.js';
import { ms, note, timed } from './measure.js';
import { until } from './one-node.js';
import { Site } from './site.js';
import { addRank, joinRank, udpRank } from './stack.js';

jest.setTimeout(60_000);

/** Rank 1 is UDP; each further rank is a unicast layer on the one below. */
const TOP = 5;
const ranks = Array.from({ length: TOP - 1 }, (_, i) => i + 2);

let site: Site;
let a: DemoNode, b: DemoNode;
let client: Flows;
let builtMs: number;
beforeAll(async () => {
  site = await Site.open();
  [a, b] = await Promise.all([site.node('a', '127.0.0.1'), site.node('b', '127.0.0.2')]);
  builtMs = await timed(async () => {
    await udpRank([a, b], site.port);
    for (const rank of ranks) await addRank([a, b], { rank });
  });
  client = site.flows(a);
  await site.serve(b, 'deep', `rank${TOP}`);
});
afterAll(() => site.close());

describe('five ranks, unicast over unicast over unicast over unicast over UDP', () => {
  it('are built rank by rank, each with a neighbour through the one below', async () => {
    note('five ranks on two nodes', `built in ${ms(builtMs)}`);
    for (const rank of ranks) {
      const neighbors = (await b.irm.management.ipcpReport(`r${rank}.b`, 'neighbors')) as Record<string, unknown>[];
      expect(neighbors.map(({ component, state, lowerLayer }) => ({ component, state, lowerLayer }))).toEqual(
        ['Management', 'Data Transfer'].map((component) => ({ component, state: 'up', lowerLayer: `rank${rank - 1}` })),
      );
    }
  });

  it('carry 1,000 pings at the top without loss', async () => {
    const { stdout } = await site.run(a, 'oping', '-n', 'deep', '-c', '1000', '-i', '3ms', '--json');
    const { received, rttMs } = JSON.parse(stdout) as { received: number; rttMs: { avg: number; max: number } };
    note(
      '1,000 pings over five ranks',
      `${received} replies, round trip ${ms(rttMs.avg)} on average, ${ms(rttMs.max)} at most`,
    );
    expect(JSON.parse(stdout)).toMatchObject({ transmitted: 1000, received: 1000, outOfOrder: 0, end: 'complete' });
  });

  it('carry packets of 1,500 bytes at the top without loss', async () => {
    const { stdout } = await site.run(a, 'oping', '-n', 'deep', '-c', '200', '-i', '3ms', '-s', '1500', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ received: 200, end: 'complete' });
  });

  it('report which one is gone when the IPCP of a rank is removed, and heal when it is back', async () => {
    await site.serve(a, 'deep.a', `rank${TOP}`);
    const flow = await client.alloc('deep');
    await answersPing(flow);
    const down = downAfter(flow);
    await b.irm.destroyIpcp('r3.b');
    note('the IPCP of rank 3 is removed', `the flow at the top is down after ${ms(await down)} on the other node`);
    expect(await down).toBeLessThan(1_000);
    const status = await site.run(b, 'irm', 'status');
    note('irm status', (status.stdout.match(/.*rank3 below.*/)?.[0] ?? '-').trim());
    expect((await b.irm.status()).waitingFor).toEqual([
      'IPCP r4.b: layer rank3 below is gone on this host',
      'IPCP r5.b: layer rank3 below is gone on this host',
    ]);
    expect(status.stdout).toMatch(/r4\.b: layer rank3 below is gone on this host/);
    const ran = await site.run(b, 'oping', '-n', 'deep.a', '-c', '1');
    note('oping on the node where it was removed', `exit ${ran.status}: ${ran.stderr.trim()}`);
    expect(ran).toMatchObject({ status: 6, stderr: expect.stringMatching(/layer rank3 below is gone on this host/) });
    const there = await refusedWithin(1_000, client.alloc('deep'));
    note('an allocation on the other node', `${there.code}: ${there.message}`);
    expect(there).toMatchObject({ code: 'ENOSERVER', message: expect.stringMatching(/no route to a member/) });
    const healedMs = await timed(async () => {
      await joinRank([a, b], { rank: 3 });
      await until(
        'there are flows at the top again',
        () => client.alloc('deep').then(answersPing).then(yes, no),
        20_000,
      );
    });
    note('rank 3 is made again', `flows at the top after ${ms(healedMs)}`);
    expect((await b.irm.status()).waitingFor).toEqual([]);
  });
});

const yes = (): boolean => true;
const no = (): boolean => false;
