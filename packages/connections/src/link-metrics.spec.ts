import { MetricSet, checkOpenMetrics, openMetricsText } from '@ouroboros/metrics';
import { micros } from '@ouroboros/model';
import type { Connections } from './connections.js';
import type { Link } from './link.js';
import { LinkMetrics } from './link-metrics.js';

const DROPS = {
  ...{ checksum: 0, short: 0, unauthentic: 0, replayed: 0, unknownEpoch: 0 },
  ...{ early: 0, overrun: 0, malformed: 0, duplicate: 0, frcp: 0 },
};
const NOTHING = { packetsReceived: 0, bytesReceived: 0, keepAlivesSent: 0, keepAlivesReceived: 0, sendFull: 0 };

/** The part of a link that is measured. */
const link = (flowId: number, packetsSent: number, silent = false): Link => {
  const statistics = { ...NOTHING, packetsSent, bytesSent: 10 * packetsSent, pathPacket: 1400, drops: DROPS };
  const flow = { flowId, layer: 'udp', statistics: () => statistics, queuedTx: () => 1, queuedRx: () => 2 };
  const component = 'Data Transfer' as const;
  return { component, flow, limitMs: 500, silent, silentFor: micros(silent ? 7e6 : 0) } as unknown as Link;
};

function metricsOf(links: readonly Link[], missing: readonly Link['component'][] = []) {
  const connections = { all: () => links, missing: () => missing } as unknown as Connections;
  const metrics = new LinkMetrics({
    connections,
    neighborOf: ({ flow }) => `n${flow.flowId}`,
    queuedByCube: () => [0, 3, 0],
  });
  const out = new MetricSet();
  metrics.add(out);
  const { families, faults } = checkOpenMetrics(openMetricsText(out));
  expect(faults).toEqual([]);
  const series = new Map(families.flatMap((family) => [...family.series]));
  return { families, value: (key: string) => series.get(key) };
}

const LABELS = 'component="data-transfer",link="1",lower_layer="udp",neighbor="n1"';

describe('metrics of links', () => {
  it('say of each what it carries, whether it is heard, and what waits', () => {
    const { value } = metricsOf([link(1, 5, true), link(2, 6)], ['Data Transfer', 'Management']);
    expect(value(`ouroboros_link_up{${LABELS}}`)).toBe(0);
    expect(value(`ouroboros_link_last_heard_seconds{${LABELS}}`)).toBe(7);
    expect(value(`ouroboros_link_packets_total{component="data-transfer",direction="sent",${LABELS.slice(26)}}`)).toBe(
      5,
    );
    expect(value(`ouroboros_link_cube_queued_packets{component="data-transfer",cube="1",${LABELS.slice(26)}}`)).toBe(3);
    const states = ['up', 'silent', 'missing'].map((state) =>
      value(`ouroboros_links{component="data-transfer",state="${state}"}`),
    );
    expect(states).toEqual([1, 1, 1]);
    expect(value('ouroboros_links{component="management",state="missing"}')).toBe(1);
  });

  it('stand together beyond the 32nd', () => {
    const { families, value } = metricsOf(Array.from({ length: 1000 }, (_, i) => link(i + 1, 1)));
    const other = 'component="",direction="sent",link="other",lower_layer="",neighbor=""';
    expect(value(`ouroboros_link_packets_total{${other}}`)).toBe(968);
    expect(value('ouroboros_aggregated{what="links"}')).toBe(968);
    const count = families.reduce((sum, { series }) => sum + series.size, 0);
    expect(count).toBeLessThan(900); // docs/metrics.md: with all else below 1,100
  });
});
