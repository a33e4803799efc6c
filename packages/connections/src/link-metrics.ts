import type { FlowStatistics } from '@ouroboros/flow';
import {
  BoundedSeries,
  addRows,
  bothWays,
  dropRows,
  readRows,
  type CounterRow,
  type Labels,
  type MetricSet,
} from '@ouroboros/metrics';
import type { Connections, LinkComponent } from './connections.js';
import type { Link } from './link.js';

/** So many links of an IPCP are shown one by one. */
export const LINKS_SHOWN = 32;

const COMPONENT: Readonly<Record<LinkComponent, string>> = {
  Management: 'management',
  'Data Transfer': 'data-transfer',
};

const COUNTERS: readonly CounterRow<FlowStatistics>[] = [
  ...bothWays<FlowStatistics>(
    'ouroboros_link_packets',
    ({ packetsSent }) => packetsSent,
    ({ packetsReceived }) => packetsReceived,
  ),
  ...bothWays<FlowStatistics>(
    'ouroboros_link_bytes',
    ({ bytesSent }) => bytesSent,
    ({ bytesReceived }) => bytesReceived,
  ),
  ...bothWays<FlowStatistics>(
    'ouroboros_link_keepalives',
    ({ keepAlivesSent }) => keepAlivesSent,
    ({ keepAlivesReceived }) => keepAlivesReceived,
  ),
  { metric: 'ouroboros_link_refused_packets', labels: {}, read: ({ sendFull }) => sendFull },
  ...dropRows('ouroboros_link_dropped_packets'),
];

interface CountedLink {
  readonly key: Link;
  readonly counts: readonly number[];
  readonly statistics: FlowStatistics;
}

export interface LinkMetricsParts {
  readonly connections: Connections;
  /** What the neighbour is called in this layer. */
  neighborOf(link: Link): string;
  /** Packets of each QoS cube that wait before the link; undefined where there are no such queues. */
  queuedByCube?(link: Link): readonly number[] | undefined;
}

/** Metrics of the links of a member. */
export class LinkMetrics {
  private readonly series = new BoundedSeries<Link>(LINKS_SHOWN);

  constructor(private readonly parts: LinkMetricsParts) {}

  add(out: MetricSet): void {
    const { connections } = this.parts;
    this.addStates(out);
    const links = connections.all().map(counted);
    const { shown, others, otherCounts } = this.series.arrange(links);
    for (const one of shown) this.addLink(out, one);
    if (otherCounts.length > 0) addRows(out, COUNTERS, OTHER, otherCounts);
    out.add('ouroboros_aggregated', others.length, { what: 'links' });
  }

  private addStates(out: MetricSet): void {
    const { connections } = this.parts;
    const links = connections.all();
    for (const component of new Set([...links.map((link) => link.component), ...connections.missing()])) {
      const own = links.filter((link) => link.component === component);
      const silent = own.filter((link) => link.silent).length;
      const missing = connections.missing().filter((one) => one === component).length;
      for (const [state, count] of Object.entries({ up: own.length - silent, silent, missing }))
        out.add('ouroboros_links', count, { component: COMPONENT[component], state });
    }
  }

  private addLink(out: MetricSet, { key: link, counts, statistics }: CountedLink): void {
    const { flow, component } = link;
    const neighbor = this.parts.neighborOf(link);
    const named = { link: String(flow.flowId), neighbor, component: COMPONENT[component], lower_layer: flow.layer };
    addRows(out, COUNTERS, named, counts);
    out.add('ouroboros_link_up', link.silent ? 0 : 1, named);
    out.add('ouroboros_link_watched', link.limitMs > 0 ? 1 : 0, named);
    out.add('ouroboros_link_last_heard_seconds', link.silentFor / 1e6, named);
    out.add('ouroboros_link_path_packet_bytes', statistics.pathPacket, named);
    out.add('ouroboros_link_queued_packets', flow.queuedTx(), { ...named, direction: 'sent' });
    out.add('ouroboros_link_queued_packets', flow.queuedRx(), { ...named, direction: 'received' });
    for (const [cube, queued] of this.parts.queuedByCube?.(link)?.entries() ?? [])
      out.add('ouroboros_link_cube_queued_packets', queued, { ...named, cube: String(cube) });
  }
}

const OTHER: Labels = { link: 'other', neighbor: '', component: '', lower_layer: '' };

function counted(link: Link): CountedLink {
  const statistics = link.flow.statistics();
  return { key: link, counts: readRows(COUNTERS, statistics), statistics };
}
