import { startPinging, type PingRun } from '@ouroboros/demo';
import type { Flows } from '@ouroboros/flow/node';
import { answersPing, refusedWithin } from './flows.js';
import { Mesh } from './mesh.js';
import { ms, note } from './measure.js';
import { until } from './one-node.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

const LINKS = ['a-b', 'a-c', 'a-d', 'b-d', 'c-d'] as const;
const NO_ROUTE_MS = 2_000;

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

const square = (routing: string): Promise<Mesh> => Mesh.build(site, ['a', 'b', 'c', 'd'], LINKS, { routing });

/** Waits for a reply to a ping that comes after now. */
async function repliesAgain(pings: PingRun, what: string): Promise<void> {
  const before = pings.replies.length;
  note(what, `reply after ${ms(await until(what, () => pings.replies.length > before + 1, 10_000))}`);
}

async function allocates(client: Flows): Promise<void> {
  const flow = await client.alloc('echo');
  await answersPing(flow);
  await flow.dealloc();
}

describe.each(['link-state', 'lfa', 'ecmp'])('in the square with routing %s', (routing) => {
  it('A reaches D as long as there is a way, hears soon when there is none, and again when a link is back', async () => {
    const mesh = await square(routing);
    const [a, d] = [mesh.get('a'), mesh.get('d')];
    expect((await d.irm.showIpcp('net.d')).status).toMatchObject({ policies: { routing } });
    await site.serve(d, 'echo', 'net');
    const client = site.flows(a);
    await allocates(client);
    const pings = startPinging(a.plan.runtimeDir, 'echo', () => undefined);
    try {
      await repliesAgain(pings, `${routing}, all links`);
      await mesh.cut('a-d');
      await repliesAgain(pings, `${routing}, without A–D`);
      for (const link of ['a-b', 'b-d'] as const) await mesh.cut(link);
      await until('the flow over B is led over C', () => allocates(client).then(yes, no), 10_000);
      await repliesAgain(pings, `${routing}, without A–D, A–B and B–D`);

      await mesh.cut('c-d');
      expect(await refusedWithin(NO_ROUTE_MS, client.alloc('echo', { timeoutMs: NO_ROUTE_MS }))).toMatchObject({
        code: 'ENOSERVER',
        stage: 'route',
      });
      for (const link of ['b-d', 'a-b'] as const) await mesh.heal(link);
      await repliesAgain(pings, `${routing}, with A–B and B–D again`);
      await allocates(client);
    } finally {
      await pings.stop();
    }
  });
});

describe('in the square with routing ecmp', () => {
  it('200 flows from B to C use both ways, 40 to 60 % each', async () => {
    const mesh = await square('ecmp');
    const [b, c] = [mesh.get('b'), mesh.get('c')];
    await site.serve(c, 'echo', 'net');
    const client = site.flows(b);
    const flows = await Promise.all(Array.from({ length: 200 }, () => client.alloc('echo')));
    const PINGS = 3;
    const before = await dataSent();
    for (const flow of flows) for (let i = 0; i < PINGS; i += 1) await answersPing(flow);
    const after = await dataSent();
    const shares = after.map((sent, i) => (sent - before[i]!) / (flows.length * PINGS));
    note('200 flows over two equal paths', shares.map((share) => `${(100 * share).toFixed(1)} %`).join(', '));
    expect(shares).toHaveLength(2);
    for (const share of shares) expect(Math.abs(share - 0.5)).toBeLessThanOrEqual(0.1);

    async function dataSent(): Promise<number[]> {
      const rows = (await b.irm.management.ipcpReport('net.b', 'neighbors')) as Record<string, unknown>[];
      return rows.filter(({ component }) => component === 'Data Transfer').map(({ sent }) => Number(sent));
    }
  });
});

const yes = (): boolean => true;
const no = (): boolean => false;
