import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { METRICS } from '@ouroboros/metrics';
import { readText, ROOT } from './document.js';

const FOLDER = 'docker/observability';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const dashboard = JSON.parse(readText(`${FOLDER}/grafana/dashboards/ouroboros.json`)) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const definitions = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
const rules = readText(`${FOLDER}/alerts.yml`);
const expressions = [...rules.matchAll(/expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/g)].map(
  ([, block, line]) => block ?? line!,
);

/** Names of samples as they stand in the text, and the labels that they have there. */
const samples = new Map(
  Object.entries(METRICS).flatMap(([name, { type, labels }]): [string, readonly string[]][] => {
    if (type === 'counter') return [[`${name}_total`, labels]];
    if (type === 'info') return [[`${name}_info`, labels]];
    if (type === 'summary') return [[name, [...labels, 'quantile']]];
    if (type !== 'histogram') return [[name, labels]];
    return ['_bucket', '_count', '_sum'].map((suffix) => [
      name + suffix,
      suffix === '_bucket' ? [...labels, 'le'] : labels,
    ]);
  }),
);
/** Labels that Prometheus adds. */
const ADDED = ['instance', 'job'];

/** What a query asks for that no node has. */
function faultsOf(query: string): string[] {
  const asked = [...query.matchAll(/\b(ouroboros_\w+)(?:\{([^}]*)\})?/g)];
  const known = [...ADDED, ...asked.flatMap(([, name]) => samples.get(name!) ?? [])];
  const grouped = [...query.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/,\s*/));
  return [
    ...asked.filter(([, name]) => !samples.has(name!)).map(([, name]) => `no metric ${name}`),
    ...asked.flatMap(([, name, selectors = '']) => {
      const labels = [...selectors.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)].map(([, label]) => label!);
      const legal = [...ADDED, ...(samples.get(name!) ?? [])];
      return labels.filter((label) => !legal.includes(label)).map((label) => `${name} has no label ${label}`);
    }),
    ...grouped.filter((label) => !known.includes(label)).map((label) => `no label ${label}`),
  ];
}

describe('the dashboard', () => {
  it.each([...queries, ...definitions])('asks for what nodes have: %s', (query) => {
    expect(query).toContain('ouroboros_');
    expect(faultsOf(query)).toEqual([]);
  });

  it('notices a query for what no node has', () => {
    const wrong = 'sum by (colour) (rate(ouroboros_link_packets{colour="red"}[1m])) / ouroboros_link_up{reason="x"}';
    expect(faultsOf(wrong)).toEqual([
      'no metric ouroboros_link_packets',
      'ouroboros_link_packets has no label colour',
      'ouroboros_link_up has no label reason',
      'no label colour',
    ]);
  });

  it('shows every metric but those of which another one says the same', () => {
    const shown = new Set([...queries, ...expressions].flatMap((query) => query.match(/\bouroboros_\w+/g) ?? []));
    const hidden = [...samples.keys()].filter((name) => !shown.has(name) && !/_(count|sum)$/.test(name));
    expect(hidden).toEqual([
      'ouroboros_build_info',
      'ouroboros_names',
      'ouroboros_processes',
      'ouroboros_uptime_seconds',
      'ouroboros_layer_flows',
      'ouroboros_layer_events_total',
      'ouroboros_link_path_packet_bytes',
      'ouroboros_flow_age_seconds',
      'ouroboros_flow_path_packet_bytes',
    ]);
  });

  it('has panels that do not overlap', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe('the alert rules', () => {
  it('are all found', () => {
    expect(expressions).toHaveLength([...rules.matchAll(/- alert:/g)].length);
  });

  it.each(expressions)('ask for what nodes have: %s', (query) => {
    expect(faultsOf(query)).toEqual([]);
  });

  const promtool = (...words: string[]) => spawnSync('promtool', words, { cwd: join(ROOT, FOLDER), encoding: 'utf8' });
  const missing = promtool('--version').error !== undefined;
  (missing ? it.skip : it)(`hold before promtool${missing ? ' (skipped: there is none here)' : ''}`, () => {
    for (const words of [
      ['check', 'config', 'prometheus.yml'],
      ['test', 'rules', 'alerts.test.yml'],
    ]) {
      const { status, stdout, stderr } = promtool(...words);
      expect({ words, status, text: status === 0 ? '' : stdout + stderr }).toEqual({ words, status: 0, text: '' });
    }
  });
});
