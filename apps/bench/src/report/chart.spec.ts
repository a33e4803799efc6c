import { barChart, timeChart } from './chart.js';

const bar = { label: 'unicast <plain> & more', value: 50, min: 40, max: 100, ours: true, text: '50 Gb/s' };

describe('a bar chart', () => {
  const svg = barChart('One way', [bar, { ...bar, label: 'iperf3', value: 100, min: 100, ours: false }]);
  const widths = [...svg.matchAll(/<rect x="250" [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it('draws bars in proportion', () => {
    expect(widths).toHaveLength(2);
    expect(widths[1]! / widths[0]!).toBeCloseTo(2, 2);
  });

  it('tells ours from others by the colour', () => {
    expect(new Set(svg.match(/fill="#(1f77b4|9aa5b1)"/g)).size).toBe(2);
  });

  it('escapes labels', () => {
    expect(svg).toContain('unicast &lt;plain> &amp; more');
  });
});

describe('a chart over time', () => {
  it('has a point per second, the greatest value on top', () => {
    const svg = timeChart('Rate', [0, 5, 10], String);
    const points = /points="([^"]+)"/
      .exec(svg)![1]!
      .split(' ')
      .map((point) => Number(point.split(',')[1]));
    expect(points).toEqual([280, 160, 40]);
  });
});
