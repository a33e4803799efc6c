import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Flow } from '@ouroboros/flow/node';
import { METRICS, type CheckedMetrics } from '@ouroboros/metrics';
import { QOS_DATA } from '@ouroboros/model';
import { Collector, type CollectedSpan } from './collector.js';
import { answersPing } from './flows.js';
import { note, pause, timed } from './measure.js';
import { metricsOf, observedPair, sumOf, type ObservedNode } from './observed-pair.js';
import { until } from './one-node.js';
import { Prometheus, PROMETHEUS_MISSING } from './prometheus.js';
import { Site } from './site.js';

jest.setTimeout(120_000);

const collector = new Collector();
let site: Site;
let a: ObservedNode, b: ObservedNode;
beforeAll(async () => {
  site = await Site.open();
  [a, b] = await observedPair(site, await collector.open());
  await site.serve(a.node, 'echo', 'net');
});
afterAll(async () => {
  await site.close();
  collector.close();
});

const DATA = 'component="data-transfer"';
/** Flows of a node, and those of them that are shown one by one. [docs/metrics.md, Bounds] */
const MANY = 1000;
const SHOWN = 64;
const SCRAPES = 10;

interface Watched {
  readonly up: number[];
  readonly ages: number[];
  readonly keepAlives: number[];
}

/** What a node tells of its link while it is asked every 200 ms. */
async function watched(node: ObservedNode, scrapes: number): Promise<Watched> {
  const seen: Watched = { up: [], ages: [], keepAlives: [] };
  for (let i = 0; i < scrapes; i += 1, await pause(200)) {
    const scraped = await metricsOf(node);
    seen.up.push(sumOf(scraped, 'ouroboros_link_up', DATA));
    seen.ages.push(sumOf(scraped, 'ouroboros_link_last_heard_seconds', DATA));
    seen.keepAlives.push(sumOf(scraped, 'ouroboros_link_keepalives', DATA, 'direction="received"'));
  }
  return seen;
}

/** Series of the node itself, and of each IPCP. */
function seriesOf({ families }: CheckedMetrics): { node: number; ipcps: number[] } {
  const keys = families.flatMap(({ series }) => [...series.keys()]);
  const counts = new Map<string, number>();
  for (const key of keys) {
    const ipcp = key.startsWith('ouroboros_flow') ? '' : (/[{,]ipcp="([^"]*)"/.exec(key)?.[1] ?? '');
    counts.set(ipcp, (counts.get(ipcp) ?? 0) + 1);
  }
  const { '': node = 0, ...ipcps } = Object.fromEntries(counts);
  return { node, ipcps: Object.values(ipcps) };
}
/** `service node`, sorted, without doubles. */
const senders = (spans: readonly CollectedSpan[]): string[] =>
  [...new Set(spans.map(({ service, instance }) => `${service} ${instance.slice(-1)}`))].sort();

describe('traces of two nodes', () => {
  const traceOf = (id: string): CollectedSpan[] => collector.spans.filter(({ traceId }) => traceId.endsWith(id));

  it('show one allocation as one trace, with steps of all daemons that were asked', async () => {
    const flow = await site.flows(b.node).alloc('echo');
    const spans = (): CollectedSpan[] => traceOf(flow.correlationId);
    const asked = ['ipcpd-udp4 b', 'ipcpd-unicast a', 'ipcpd-unicast b', 'irmd a', 'irmd b'];
    await until('all daemons have told', () => senders(spans()).length === asked.length);
    expect(senders(spans())).toEqual(asked);
    const root = spans().filter(({ parentSpanId }) => parentSpanId === undefined);
    expect(root).toMatchObject([{ name: 'allocate a flow', service: 'irmd' }]);
    for (const { parentSpanId } of spans().filter((span) => span !== root[0]))
      expect(parentSpanId).toBe(root[0]!.spanId);
    await flow.dealloc();
  });

  it('show an allocation that fails, with the reason', async () => {
    await expect(site.flows(b.node).alloc('nobody')).rejects.toMatchObject({ code: 'ENAME' });
    const failed = (): CollectedSpan[] =>
      collector.spans.filter(({ name, status }) => name === 'allocate a flow' && status?.message.includes('nobody'));
    await until('the failure is told', () => failed().length === 1);
    await until('so are the look-ups', () => {
      const steps = traceOf(failed()[0]!.spanId).filter(({ name }) => name === 'look the name up');
      return steps.length >= 2;
    });
  });

  it('show an enrollment as one trace, with steps of both nodes', async () => {
    const id = collector.spans.find(({ name }) => name === 'enroll')!.spanId;
    await until('the member has told', () => senders(traceOf(id)).length === 3);
    expect(senders(traceOf(id))).toEqual(['ipcpd-unicast a', 'ipcpd-unicast b', 'irmd b']);
    expect(
      traceOf(id)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['enroll', 'enroll with a member', 'let a member enroll']);
  });
});

describe('metrics of two nodes', () => {
  it('are those of the catalogue, and follow a flow and a cut link', async () => {
    const flow = await site.flows(b.node).alloc('echo');
    for (let i = 0; i < 10; i += 1) await answersPing(flow);
    await until('irmd was told of the flow', async () => {
      const packets = sumOf(await metricsOf(b), 'ouroboros_flow_packets', 'name="echo"', 'direction="sent"');
      return packets === 10;
    });
    const idle = await metricsOf(b);
    for (const { name, type, unit } of idle.families)
      expect({ name, type, unit }).toEqual({ name, ...pick(METRICS[name as keyof typeof METRICS]) });
    expect(sumOf(idle, 'ouroboros_ipcp_up')).toBe(2);
    expect(sumOf(idle, 'ouroboros_link_up', DATA)).toBe(1);
    expect(sumOf(idle, 'ouroboros_layer_packets', 'layer="net"', 'direction="sent"')).toBeGreaterThanOrEqual(10);
    expect(sumOf(idle, 'ouroboros_flow_allocations', 'result="ok"')).toBeGreaterThan(1);

    await b.node.irm.management.ipcpControl('udp', 'fault', { drop: a.node.plan.address });
    await until('the link is silent', async () => sumOf(await metricsOf(b), 'ouroboros_link_up', DATA) === 0);
    const cut = await metricsOf(b);
    expect(sumOf(cut, 'ouroboros_link_last_heard_seconds', DATA)).toBeGreaterThan(0.4);
    expect(sumOf(cut, 'ouroboros_links', DATA, 'state="silent"')).toBe(1);
    await b.node.irm.management.ipcpControl('udp', 'fault', { clear: a.node.plan.address });
    await until('the link is up', async () => sumOf(await metricsOf(b), 'ouroboros_link_up', DATA) >= 1);
    await flow.dealloc();
  });

  it('tell a cut link from an idle one, over which as little goes', async () => {
    const idle = await watched(b, SCRAPES);
    expect(Math.max(...idle.ages)).toBeLessThan(0.5);
    expect([...new Set(idle.up)]).toEqual([1]);
    expect(idle.keepAlives.at(-1)! - idle.keepAlives[0]!).toBeGreaterThanOrEqual(SCRAPES / 4);
    await b.node.irm.management.ipcpControl('udp', 'fault', { drop: a.node.plan.address });
    await until('the link is silent', async () => sumOf(await metricsOf(b), 'ouroboros_link_up', DATA) === 0);
    const cut = await watched(b, SCRAPES);
    await b.node.irm.management.ipcpControl('udp', 'fault', { clear: a.node.plan.address });
    note(
      'age of an idle and of a cut link, at most and at least',
      `${Math.max(...idle.ages)} s, ${Math.min(...cut.ages)} s`,
    );
    expect([...new Set(cut.up)]).toEqual([0]);
    expect(cut.keepAlives.at(-1)).toBe(cut.keepAlives[0]);
    expect(Math.min(...cut.ages)).toBeGreaterThanOrEqual(0.5);
    cut.ages.slice(1).forEach((age, i) => expect(age).toBeGreaterThan(cut.ages[i]!));
    await until('the link is up', async () => sumOf(await metricsOf(b), 'ouroboros_link_up', DATA) >= 1);
  });

  it(`stay within their bounds with ${MANY} flows`, async () => {
    const server = site.start(a.node, 'burst-server', '0', `${MANY - 1}`);
    const bound = (): Promise<boolean> =>
      a.node.irm.bindProcess(server.pid, 'many').then(
        () => true,
        () => false,
      );
    await until('it serves', bound);
    await a.node.irm.regName('many', { layers: ['net'] });
    const flows = site.flows(b.node);
    const held: Flow[] = [];
    const asked = async (): Promise<void> => {
      while (held.length < MANY)
        held.push(...(await Promise.all(Array.from({ length: 10 }, () => flows.alloc('many')))));
    };
    const took = await timed(asked);
    const of = async (what: string): Promise<number> =>
      sumOf(await metricsOf(b), 'ouroboros_aggregated', `what="${what}"`);
    await until('all flows have told', async () => (await of('flows')) >= MANY - SHOWN, 30_000);
    for (const observed of [a, b]) {
      const scraped = await metricsOf(observed);
      const { node, ipcps } = seriesOf(scraped);
      note(`series of ${observed.node.plan.name} with ${MANY} flows`, `node ${node}, IPCPs ${ipcps.join(' and ')}`);
      expect(sumOf(scraped, 'ouroboros_flows', 'layer="net"', 'state="allocated"')).toBeGreaterThanOrEqual(MANY);
      expect(node).toBeLessThan(1_700);
      expect(ipcps.length).toBe(2);
      expect(Math.max(...ipcps)).toBeLessThan(1_100);
      const ages = scraped.families.find(({ name }) => name === 'ouroboros_flow_age_seconds')!.series.size;
      expect(ages).toBe(SHOWN);
    }
    note(`${MANY} flows one node has asked another for`, `${took.toFixed(0)} ms`);
    await Promise.all(held.map((flow) => flow.dealloc()));
    await server.kill('SIGTERM');
    await until('they are gone', async () => (await of('flows')) === 0, 30_000);
  });

  it('lose those of an IPCP that hangs, and no others', async () => {
    const ipcps = await a.node.irm.management.ipcpList();
    const { pid } = ipcps.find(({ name }) => name === 'udp')!;
    process.kill(pid, 'SIGSTOP');
    try {
      const at = await metricsOf(a);
      expect(sumOf(at, 'ouroboros_ipcp_up', 'ipcp="udp"')).toBe(0);
      expect(sumOf(at, 'ouroboros_ipcp_up', 'ipcp="net.a"')).toBe(1);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});

const pick = ({ type, unit }: { readonly type: string; readonly unit: string }) => ({ type, unit });

const FOLDER = join(__dirname, '..', '..', '..', 'docker', 'observability');

/** Queries of the dashboard as Grafana would ask them. */
function dashboardQueries(): string[] {
  const text = readFileSync(join(FOLDER, 'grafana', 'dashboards', 'ouroboros.json'), 'utf8');
  const { panels } = JSON.parse(text) as { panels: { targets?: { expr: string }[] }[] };
  return panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .map((expr) => expr.replaceAll('$__rate_interval', '20s').replaceAll(/\$(?:node|layer)/g, '.*'));
}

/** Nothing was dropped; these nodes have no certificates, and their layer signs no names. */
const MAY_BE_EMPTY = /> 0$|cert_expiry|directory_refused/;

(PROMETHEUS_MISSING ? describe.skip : describe)('Prometheus', () => {
  const prometheus = new Prometheus();
  afterAll(() => prometheus.stop());

  it('reads both nodes, and answers every query of the dashboard', async () => {
    await prometheus.start([a.metricsPort, b.metricsPort], join(FOLDER, 'alerts.yml'));
    const flows = site.flows(b.node);
    const asked = (): Promise<Flow | undefined> => flows.alloc('echo', { qos: QOS_DATA }).catch(() => undefined);
    let flow: Flow | undefined;
    await until('the IPCP that hung is back', async () => (flow = await asked()) !== undefined, 20_000);
    for (let i = 0; i < 10; i += 1) await answersPing(flow!);
    await until('both are read', async () => (await prometheus.count('up == 1')) === 2, 20_000);
    const queries = dashboardQueries();
    const empty = async (): Promise<string[]> => {
      const counts = await Promise.all(queries.map((query) => prometheus.count(query)));
      return queries.filter((query, i) => counts[i] === 0 && !MAY_BE_EMPTY.test(query));
    };
    let left = queries;
    await until('all queries have answers', async () => (left = await empty()).length === 0, 20_000).catch(
      () => undefined,
    );
    expect(left).toEqual([]);
    await flow!.dealloc();
  });

  it('alerts to a link that is cut, not to one that is idle', async () => {
    const firing = (): Promise<number> =>
      prometheus.count('ALERTS{alertname="OuroborosLinkSilent",alertstate="firing"}');
    expect(await firing()).toBe(0);
    await b.node.irm.management.ipcpControl('udp', 'fault', { drop: a.node.plan.address });
    const after = await until('the alert fires', async () => (await firing()) > 0, 40_000);
    note('a cut link is an alert after', `${(after / 1000).toFixed(1)} s`);
    await b.node.irm.management.ipcpControl('udp', 'fault', { clear: a.node.plan.address });
    await until('the alert is over', async () => (await firing()) === 0, 20_000);
  });

  it('evaluates every alert rule', async () => {
    const known = await prometheus.ask<{ groups: { rules: { name: string; health: string }[] }[] }>('rules');
    const rules = known!.groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(10);
    await until('all were evaluated', async () => {
      const now = await prometheus.ask<typeof known>('rules');
      return now!.groups.every((group) => group.rules.every(({ health }) => health === 'ok'));
    });
  });
});
