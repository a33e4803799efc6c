import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RowResult } from '../results.js';
import { isOurs } from '../rows/groups.js';
import { barChart, timeChart, type Bar } from './chart.js';
import { AllFigures } from './figures.js';
import { short } from './format.js';

interface Chart {
  readonly file: string;
  readonly title: string;
  readonly ends: RegExp;
  readonly figure: string;
  readonly unit: string;
}

const CHARTS: readonly Chart[] = [
  {
    file: 'one-way-1400',
    title: 'One way, 1,400-byte packets',
    ends: /\/1400\/one-way$/,
    figure: 'gbitPerS',
    unit: 'Gb/s',
  },
  {
    file: 'one-way-64',
    title: 'One way, 64-byte packets',
    ends: /\/64\/one-way$/,
    figure: 'packetsPerS',
    unit: 'packets/s',
  },
  {
    file: 'round-trip-64',
    title: 'Round trip of 64 bytes, back to back, median',
    ends: /\/64\/round-trip$/,
    figure: 'p50Us',
    unit: 'µs',
  },
  {
    file: 'cpu-1400',
    title: 'CPU time of all processes per 1,400-byte packet',
    ends: /\/1400\/one-way$/,
    figure: 'cpuUs',
    unit: 'µs',
  },
  { file: 'streams', title: 'Byte streams', ends: /\/(tcp|ocat)$/, figure: 'gbitPerS', unit: 'Gb/s' },
];

/** Writes the charts for which there are figures; gives the names of the files. */
export function writeCharts(folder: string, rows: readonly RowResult[]): string[] {
  mkdirSync(folder, { recursive: true });
  const all = new AllFigures(rows);
  const drawn = CHARTS.map((chart) => [chart.file, barsOf(chart, rows, all)] as const)
    .filter(([, bars]) => bars.length > 0)
    .map(([file, bars]) => [file, barChart(CHARTS.find((chart) => chart.file === file)!.title, bars)] as const);
  const perSecond = all.perSecond('overload');
  const overload = perSecond
    ? [['overload', timeChart('Overload: packets/s through three nodes', perSecond, short)] as const]
    : [];
  return [...drawn, ...overload].map(([file, text]) => {
    writeFileSync(join(folder, `${file}.svg`), text);
    return `${file}.svg`;
  });
}

function barsOf({ ends, figure, unit }: Chart, rows: readonly RowResult[], all: AllFigures): Bar[] {
  return rows
    .filter(({ id }) => ends.test(id))
    .flatMap(({ id }): Bar[] => {
      const spread = all.spread(id, figure);
      if (spread === undefined) return [];
      const label = id.replace(/\/(one-way|round-trip|tcp)$/, '').replace(/\/(64|1400)$/, '');
      const { median: value, min, max } = spread;
      return [
        {
          label: label.replace('/', ', '),
          value,
          min,
          max,
          ours: isOurs(id),
          text: `${short(value)} ${unit}`,
        },
      ];
    });
}
