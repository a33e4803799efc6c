import { printable } from '@ouroboros/model';

export interface Column {
  readonly title: string;
  /** The column is wider when a cell is. Default 0. */
  readonly width?: number;
}

const lengthOf = (text: string): number => Array.from(text).length;

/**
 * A table in the form of C's lists: all cells to the right, a rule above, below and under the titles. Long cells widen
 * their column. [spec/architecture.md §7]
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title, width = 0 }, index) =>
    Math.max(width, lengthOf(title), ...cells.map((row) => lengthOf(row[index] ?? ''))),
  );
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  const line = (row: readonly string[]): string =>
    `|${widths.map((width, index) => ` ${pad(row[index] ?? '', width)} `).join('|')}|\n`;
  return [rule, line(columns.map(({ title }) => title)), rule, ...cells.map(line), rule].join('');
}

const pad = (text: string, width: number): string => ' '.repeat(Math.max(0, width - lengthOf(text))) + text;
