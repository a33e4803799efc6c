import { METRICS, MetricSet, checkOpenMetrics, openMetricsText, type CheckedMetrics } from '@ouroboros/metrics';
import { QOS_DATA, type JsonValue } from '@ouroboros/model';
import { NodeClock } from '@ouroboros/node-runtime';
import type { CertificateStatus } from '@ouroboros/pki';
import { SILENT, type Clock, type FlowCounts, type FlowInfo, type IpcpInfo, type Vitals } from '@ouroboros/ports';
import { AllocationMetrics } from './allocation-metrics.js';
import { NodeMetrics } from './node-metrics.js';

const NOTHING: FlowCounts = {
  ...{ packetsSent: 0, bytesSent: 0, packetsReceived: 0, bytesReceived: 0 },
  ...{ retransmitted: 0, lost: 0, outstanding: 0, window: 0 },
  drops: {
    ...{ checksum: 0, short: 0, unauthentic: 0, replayed: 0, unknownEpoch: 0 },
    ...{ early: 0, overrun: 0, malformed: 0, duplicate: 0, frcp: 0 },
  },
};

const flow = (flowId: number, packetsSent = 1): FlowInfo => ({
  ...{ flowId, name: `name-${flowId}`, layer: 'net', ipcp: 'n1', state: 'allocated', qos: QOS_DATA, pids: [flowId] },
  ...{
    correlationId: `${flowId}`,
    sinceMs: 100_000 - flowId,
    peer: '',
    crypto: null,
    pathPacket: 1400,
    roundTripMs: 5,
  },
  counts: { ...NOTHING, packetsSent },
});

const ipcp = (name: string): IpcpInfo => ({
  ...{ pid: 1, name, type: 'unicast', rank: 10, state: 'operational', layer: 'net', hash: 'SHA3_256' },
  ...{ restart: 'always', restarts: 2, flows: 0 },
});

const certificate = (name: string, notAfterMs: number | null): CertificateStatus => ({
  ...{ kind: 'server', name, commonName: name, serial: '1', issuer: '', file: '', notAfterMs },
  ...{ daysLeft: null, state: 'valid', problem: '', exposedKey: '' },
});

const VITALS: Vitals = {
  ...{ residentBytes: 1, heapBytes: 1, cpuSeconds: 1 },
  eventLoop: { utilization: 0.5, delaySeconds: { '0.5': 0.001, '1': 0.002 } },
};

/** What an IPCP with more links than are shown could send at most. */
function longReport(): JsonValue {
  const out = new MetricSet();
  for (const [name, { type, labels }] of Object.entries(METRICS)) {
    if (type !== 'counter' && type !== 'gauge') continue;
    for (let i = 0; i < 10_000; i += 1)
      out.add(name as keyof typeof METRICS, i, Object.fromEntries(labels.map((label) => [label, `${i}`])));
  }
  return out.toJson();
}

class World {
  flows: FlowInfo[] = [];
  ipcps: IpcpInfo[] = [];
  certificates: CertificateStatus[] = [];
  readonly answers = new Map<string, Promise<JsonValue>>();
  readonly clock: Clock = new NodeClock();
  readonly allocations = new AllocationMetrics(this.clock);
  readonly node = new NodeMetrics({
    irm: {
      status: async () => ({
        ...{ version: '1', pid: 1, uptimeMs: 1000, runtimeDir: '', ready: true, waitingFor: [], warnings: [] },
        ...{ certificates: 0, certificateDays: 0, ipcps: this.ipcps, names: 1, flows: this.flows.length, processes: 1 },
      }),
      flowList: async () => this.flows,
      ipcpReport: (name) => this.answers.get(name) ?? Promise.resolve({}),
    },
    allocations: this.allocations,
    vitals: () => VITALS,
    clock: this.clock,
    logger: SILENT,
    certificates: async () => this.certificates,
  });

  async look(): Promise<CheckedMetrics> {
    const checked = checkOpenMetrics(openMetricsText(await this.node.gather()));
    expect(checked.faults).toEqual([]);
    return checked;
  }
}

const seriesIn = ({ families }: CheckedMetrics): number => families.reduce((sum, { series }) => sum + series.size, 0);
const valuesOf = ({ families }: CheckedMetrics, name: string): Record<string, number> =>
  Object.fromEntries(families.find((family) => family.name === name)?.series ?? []);

describe('metrics of a node', () => {
  it('stay below their bounds with 1,000 flows and IPCPs that tell too much', async () => {
    const world = new World();
    world.flows = Array.from({ length: 1000 }, (_, i) => flow(i + 1));
    const few = await world.look();
    expect(seriesIn(few)).toBeLessThan(1700); // docs/metrics.md: of the node itself
    const own = (at: CheckedMetrics) => Object.keys(valuesOf(at, 'ouroboros_flow_packets')).length;
    expect(own(few)).toBe(2 * 65);
    const perFlow = Object.keys(valuesOf(few, 'ouroboros_flow_round_trip_seconds'));
    expect(perFlow).toHaveLength(64);
    expect(perFlow.join()).not.toContain('pid');

    world.ipcps = Array.from({ length: 1000 }, (_, i) => ipcp(`n${i}`));
    for (const { name } of world.ipcps) world.answers.set(name, Promise.resolve({}));
    world.answers.set('n3', Promise.resolve(longReport()));
    const many = await world.look();
    const aggregated = valuesOf(many, 'ouroboros_aggregated');
    expect(aggregated['ouroboros_aggregated{ipcp="",layer="",what="flows"}']).toBe(936);
    expect(aggregated['ouroboros_aggregated{ipcp="",layer="",what="ipcps"}']).toBe(936);
    for (const { name, series } of many.families) expect([name, series.size <= 64 * 3 + 1024]).toEqual([name, true]);
  });

  it('add up what flows without a series of their own count, and never take it back', async () => {
    const world = new World();
    world.flows = Array.from({ length: 66 }, (_, i) => flow(i + 1, 10));
    const other = async () =>
      valuesOf(await world.look(), 'ouroboros_flow_packets')[
        'ouroboros_flow_packets_total{cube="",direction="sent",flow="other",ipcp="",layer="",name=""}'
      ];
    expect(await other()).toBe(20);
    world.flows = world.flows.slice(0, 65).map(({ flowId }) => flow(flowId, 15));
    expect(await other()).toBe(25);
    world.flows = world.flows.slice(0, 3);
    expect(await other()).toBe(25);
  });

  it('lose those of an IPCP that hangs, and no others', async () => {
    const world = new World();
    world.ipcps = [ipcp('well'), ipcp('hangs'), ipcp('fails')];
    world.answers.set('well', Promise.resolve({ ouroboros_layer_routes: [[{}, 7]] }));
    world.answers.set('hangs', new Promise(() => undefined));
    world.answers.set('fails', Promise.reject(new Error('no')));
    const at = await world.look();
    expect(valuesOf(at, 'ouroboros_ipcp_up')).toEqual({
      'ouroboros_ipcp_up{ipcp="fails",layer="net",type="unicast"}': 0,
      'ouroboros_ipcp_up{ipcp="hangs",layer="net",type="unicast"}': 0,
      'ouroboros_ipcp_up{ipcp="well",layer="net",type="unicast"}': 1,
    });
    expect(valuesOf(at, 'ouroboros_layer_routes')).toEqual({ 'ouroboros_layer_routes{ipcp="well",layer="net"}': 7 });
    expect(Object.keys(valuesOf(at, 'ouroboros_ipcp_restarts'))).toHaveLength(3);
  });

  it('tell when each certificate expires: of several under one name the first', async () => {
    const world = new World();
    const now = Date.now();
    world.certificates = [
      certificate('a', now + 10_000),
      certificate('a', now + 5_000),
      certificate('b', now - 10_000),
      certificate('unreadable', null),
      ...Array.from({ length: 200 }, (_, i) => certificate(`c${i}`, now + 1e9 + i)),
    ];
    const at = await world.look();
    const left = valuesOf(at, 'ouroboros_cert_expiry_seconds');
    expect(left['ouroboros_cert_expiry_seconds{kind="server",name="a"}']).toBeCloseTo(5, 0);
    expect(left['ouroboros_cert_expiry_seconds{kind="server",name="b"}']).toBeCloseTo(-10, 0);
    expect(Object.keys(left)).toHaveLength(128);
    expect(valuesOf(at, 'ouroboros_aggregated')['ouroboros_aggregated{ipcp="",layer="",what="certificates"}']).toBe(74);
  });

  it('count allocations by result', async () => {
    const world = new World();
    const grant = { flowId: 1 } as never;
    const answers = [Promise.resolve(grant), Promise.reject(new Error('gone')), Promise.resolve(grant)];
    const service = world.allocations.counted({ alloc: () => answers.shift()! } as never);
    const ask = () => service.alloc({ name: 'x', qos: QOS_DATA, timeoutMs: 1 });
    await ask();
    await expect(ask()).rejects.toThrow('gone');
    await ask();
    const at = await world.look();
    expect(valuesOf(at, 'ouroboros_flow_allocations')).toEqual({
      'ouroboros_flow_allocations_total{result="EIO"}': 1,
      'ouroboros_flow_allocations_total{result="ok"}': 2,
    });
    expect(valuesOf(at, 'ouroboros_flow_allocation_seconds')['ouroboros_flow_allocation_seconds_count{}']).toBe(3);
  });

  it('have exactly the labels that the catalogue says', async () => {
    const world = new World();
    world.flows = [flow(1)];
    world.ipcps = [ipcp('n1')];
    world.certificates = [certificate('a', 0)];
    const set = await world.node.gather();
    for (const [name, samples] of set.entries()) {
      const expected = [...METRICS[name].labels].sort();
      for (const { labels } of samples) expect([name, Object.keys(labels).sort()]).toEqual([name, expected]);
    }
  });
});
