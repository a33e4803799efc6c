import { METRICS } from '@ouroboros/metrics';
import { readText } from './document.js';

const words = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);

/** Rows of the tables of docs/metrics.md whose first cell is a metric. */
const rows = readText('docs/metrics.md')
  .split('\n')
  .filter((line) => /^\| +`ouroboros_/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, name = '', type, unit = '', labels = '', help]) => ({
    name: words(name)[0]!,
    definition: { type, unit: unit === '–' ? '' : unit, help, labels: words(labels) },
  }));

describe('docs/metrics.md', () => {
  it('has a row for every metric that is exported, and for no other', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(METRICS).sort());
  });

  it.each(rows)('says of $name what the node says', ({ name, definition }) => {
    expect(definition).toEqual(METRICS[name as keyof typeof METRICS]);
  });
});
