import fc from 'fast-check';
import { Histogram, METRICS, MetricSet, checkOpenMetrics, openMetricsText, type MetricName } from './index.js';

const NAMES = Object.keys(METRICS) as MetricName[];

/** A value as the metric has it. */
function valueFor(name: MetricName, number: number) {
  const { type } = METRICS[name];
  if (type === 'summary') return { quantiles: { '0.5': number, '1': number } };
  if (type !== 'histogram') return number;
  const histogram = new Histogram();
  histogram.observe(number);
  return histogram.value();
}

describe('OpenMetrics text', () => {
  it('is as the standard writes it', () => {
    const set = new MetricSet();
    const ipcp = { ipcp: 'a"b\\c\nd', layer: 'net' };
    set.add('ouroboros_directory_contacts', 3, ipcp);
    set.add('ouroboros_build', 1, { version: '1.2' });
    set.add('ouroboros_process_cpu_seconds', 1.5, { daemon: 'irmd' });
    expect(openMetricsText(set)).toBe(
      [
        '# TYPE ouroboros_build info',
        '# HELP ouroboros_build Version of irmd.',
        'ouroboros_build_info{version="1.2"} 1',
        '# TYPE ouroboros_process_cpu_seconds counter',
        '# UNIT ouroboros_process_cpu_seconds seconds',
        '# HELP ouroboros_process_cpu_seconds Processor time of the process, user and system.',
        'ouroboros_process_cpu_seconds_total{daemon="irmd"} 1.5',
        '# TYPE ouroboros_directory_contacts gauge',
        '# HELP ouroboros_directory_contacts Members that the directory knows.',
        'ouroboros_directory_contacts{ipcp="a\\"b\\\\c\\nd",layer="net"} 3',
        '# EOF',
        '',
      ].join('\n'),
    );
  });

  it('has cumulative buckets, of which the last is the count', () => {
    const set = new MetricSet();
    const histogram = new Histogram([0.01, 1]);
    for (const seconds of [0.01, 0.5, 0.7, 30]) histogram.observe(seconds);
    set.add('ouroboros_flow_allocation_seconds', histogram.value());
    expect(openMetricsText(set).split('\n').slice(3, -2)).toEqual([
      'ouroboros_flow_allocation_seconds_bucket{le="0.01"} 1',
      'ouroboros_flow_allocation_seconds_bucket{le="1.0"} 3',
      'ouroboros_flow_allocation_seconds_bucket{le="+Inf"} 4',
      'ouroboros_flow_allocation_seconds_count 4',
      'ouroboros_flow_allocation_seconds_sum 31.21',
    ]);
    expect(checkOpenMetrics(openMetricsText(set)).faults).toEqual([]);
  });

  it('holds for every metric and any text in labels', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0, noNaN: true }), (text, number) => {
        const set = new MetricSet();
        for (const name of NAMES) {
          const labels = Object.fromEntries(METRICS[name].labels.map((label) => [label, text]));
          set.add(name, valueFor(name, number), labels);
        }
        const { families, faults } = checkOpenMetrics(openMetricsText(set));
        expect(faults).toEqual([]);
        expect(families.map(({ name, type, unit }) => [name, type, unit])).toEqual(
          NAMES.map((name) => [name, METRICS[name].type, METRICS[name].unit]),
        );
      }),
    );
  });

  it.each([
    ['no end', '# TYPE a gauge\n# HELP a x\na 1\n', 'must end with # EOF'],
    ['a counter without _total', '# TYPE a counter\n# HELP a x\na 1\n# EOF\n', 'not of the family'],
    ['a wrong unit', '# TYPE a gauge\n# UNIT a bytes\n# HELP a x\na 1\n# EOF\n', 'does not end with its unit'],
    ['no help', '# TYPE a gauge\na 1\n# EOF\n', 'has no help'],
    ['a series twice', '# TYPE a gauge\n# HELP a x\na{b="1",c="2"} 1\na{c="2",b="1"} 1\n# EOF\n', 'twice'],
    ['a label twice', '# TYPE a gauge\n# HELP a x\na{b="1",b="2"} 1\n# EOF\n', 'label b twice'],
    ['a bare quote', '# TYPE a gauge\n# HELP a x\na{b="1"2"} 1\n# EOF\n', 'no label'],
    ['no number', '# TYPE a gauge\n# HELP a x\na one\n# EOF\n', 'no number'],
    [
      'a family in two places',
      '# TYPE a gauge\n# HELP a x\na 1\n# TYPE b gauge\n# HELP b x\nb 1\n# HELP a y\n# EOF\n',
      'two places',
    ],
    [
      'a falling bucket',
      '# TYPE a histogram\n# HELP a x\na_bucket{le="1.0"} 2\na_bucket{le="+Inf"} 1\n# EOF\n',
      'not cumulative',
    ],
    ['another count', '# TYPE a histogram\n# HELP a x\na_bucket{le="+Inf"} 1\na_count 2\n# EOF\n', 'is not the count'],
    ['a negative counter', '# TYPE a counter\n# HELP a x\na_total -1\n# EOF\n', 'negative'],
    ['an empty line', '# TYPE a gauge\n# HELP a x\n\na 1\n# EOF\n', 'neither'],
  ])('is refused with %s', (_, text, fault) => {
    expect(checkOpenMetrics(text).faults.join('\n')).toContain(fault);
  });
});

describe('a set of metrics', () => {
  it('comes through JSON as it was', () => {
    const set = new MetricSet();
    for (const name of NAMES) {
      const labels = Object.fromEntries(METRICS[name].labels.map((label) => [label, 'x']));
      set.add(name, valueFor(name, 0.25), labels);
    }
    const other = new MetricSet();
    other.absorb(JSON.parse(JSON.stringify(set.toJson())), {});
    expect(openMetricsText(other)).toBe(openMetricsText(set));
  });

  it('takes nothing that a foreign daemon must not send', () => {
    const set = new MetricSet();
    const many = Array.from({ length: 2000 }, (_, i) => [{ reason: String(i), pid: '7' }, i]);
    set.absorb({ ouroboros_layer_dropped_packets: many, unheard_of: [[{}, 1]] }, { ipcp: 'a', layer: 'b' });
    set.absorb(
      { ouroboros_layer_routes: [[{}, -1], [{}, 'x'], 7, [null, 1]], ouroboros_ipcp_restarts: [[{}, -1]] },
      {},
    );
    set.absorb(
      {
        ouroboros_directory_lookup_seconds: [
          [{}, { bounds: [1], counts: [2, 1], sum: 1 }],
          [{}, 1],
        ],
      },
      {},
    );
    set.absorb(['no', 'object'], {});
    const { families, faults } = checkOpenMetrics(openMetricsText(set));
    expect(faults).toEqual([]);
    expect(families.map(({ name, series }) => [name, series.size])).toEqual([
      ['ouroboros_layer_dropped_packets', 512],
      ['ouroboros_layer_routes', 1],
    ]);
    expect([...families[0]!.series.keys()][0]).toBe(
      'ouroboros_layer_dropped_packets_total{ipcp="a",layer="b",reason="0"}',
    );
  });
});
