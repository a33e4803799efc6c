import type { RowResult } from '../results.js';
import type { AllFigures } from './figures.js';
import { spreadText, tableOf } from './format.js';

interface Section {
  readonly title: string;
  /** Last words of the ids. */
  readonly ends: RegExp;
  /** Heading of a column, and its figure. */
  readonly columns: readonly (readonly [heading: string, figure: string])[];
}

const SECTIONS: readonly Section[] = [
  {
    title: 'One way, as fast as the flow takes packets',
    ends: /\/one-way$/,
    columns: [
      ['packets/s', 'packetsPerS'],
      ['Gb/s', 'gbitPerS'],
      ['lost %', 'lostPercent'],
      ['CPU µs per packet, all processes', 'cpuUs'],
    ],
  },
  {
    title: 'Round trip in µs, back to back',
    ends: /\/round-trip$/,
    columns: [
      ['p50', 'p50Us'],
      ['p99', 'p99Us'],
      ['lost %', 'lostPercent'],
    ],
  },
  {
    title: 'Round trip in µs, one every 2 ms',
    ends: /\/paced$/,
    columns: [
      ['p50', 'p50Us'],
      ['p99', 'p99Us'],
      ['lost %', 'lostPercent'],
    ],
  },
  { title: 'Byte streams', ends: /\/(tcp|ocat)$/, columns: [['Gb/s', 'gbitPerS']] },
  {
    title: 'Flow allocation: one after the other, and 16 under way',
    ends: /\/allocation\/\w+$/,
    columns: [
      ['p50 ms', 'p50Ms'],
      ['p99 ms', 'p99Ms'],
      ['per s', 'perS'],
    ],
  },
  {
    title: 'Enrollment of a further member',
    ends: /\/enrollment$/,
    columns: [
      ['enroll ms', 'enrollMs'],
      ['connect ms', 'connectMs'],
    ],
  },
  {
    title: 'Start of a daemon and so many IPCPs',
    ends: /^startup\/\d+$/,
    columns: [
      ['irmd ms', 'irmdMs'],
      ['IPCPs ms', 'ipcpsMs'],
    ],
  },
  {
    title: 'Memory in MB that no other process shares, of the greatest',
    ends: /^daemons\/memory\/\w+$/,
    columns: [
      ['IPCP', 'ipcpMB'],
      ['irmd', 'irmdMB'],
    ],
  },
  { title: 'Idle network', ends: /\/cpu\/idle$/, columns: [['% of a core, all daemons', 'percentOfCore']] },
  {
    title: 'Overload: a writer at full speed through three nodes, pings beside',
    ends: /^overload$/,
    columns: [
      ['packets/s', 'packetsPerS'],
      ['% of its peak', 'percentOfPeak'],
      ['ping p50 ms', 'pingP50Ms'],
      ['p99 ms', 'pingP99Ms'],
      ['max ms', 'pingMaxMs'],
      ['pings lost %', 'pingsLostPercent'],
      ['growth MB after the first third', 'grownMB'],
    ],
  },
];

/** One table per kind of figure, of the rows that have any. */
export function sectionsText(rows: readonly RowResult[], all: AllFigures): string {
  return SECTIONS.map((section) => sectionText(section, rows, all))
    .filter((text) => text !== '')
    .join('\n\n');
}

function sectionText({ title, ends, columns }: Section, rows: readonly RowResult[], all: AllFigures): string {
  const chosen = rows.filter(({ id, measurements }) => ends.test(id) && measurements.length > 0);
  if (chosen.length === 0) return '';
  const used = columns.filter(([, figure]) => chosen.some(({ id }) => all.spread(id, figure) !== undefined));
  const header = ['row', ...used.map(([heading]) => heading), 'encrypted'];
  const cells = chosen.map(({ id, encrypted }) => [
    id.replace(WHAT, ''),
    ...used.map(([, figure]) => spreadText(all.spread(id, figure))),
    encrypted,
  ]);
  return `### ${title}\n\n${tableOf(header, cells)}`;
}

/** The last word of an id, where the title of the section says it. */
const WHAT = /\/(one-way|round-trip|paced|tcp)$/;

const OF_PROCESS = /^(cpu|uss) (.*)$/;

/** Figures of single processes, `cpu` or `uss`: one line per row. */
export function processesText(kind: 'cpu' | 'uss', rows: readonly RowResult[], all: AllFigures): string {
  const lines = rows.flatMap(({ id, measurements }) => {
    const names = Object.keys(measurements[0]?.figures ?? {}).filter((name) => OF_PROCESS.exec(name)?.[1] === kind);
    const texts = names.map(
      (name) => `${OF_PROCESS.exec(name)![2]} ${all.median(id, name)!.toFixed(kind === 'cpu' ? 2 : 1)}`,
    );
    return texts.length === 0 ? [] : [[id, texts.join(', ')]];
  });
  return lines.length === 0 ? '' : tableOf(['row', kind === 'cpu' ? 'µs per packet received' : 'MB'], lines);
}
