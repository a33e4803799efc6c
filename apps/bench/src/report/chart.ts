/** Charts as SVG text: bars with ranges, and lines over time. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Ours, or of somebody else. */
  readonly ours: boolean;
  /** What stands behind the bar. */
  readonly text: string;
}

const WIDTH = 860;
const LABELS = 250;
const VALUES = 150;
const ROW = 22;
const TOP = 40;
const BOTTOM = 14;
const OURS = '#1f77b4';
const THEIRS = '#9aa5b1';
const STYLE = 'font-family="sans-serif" font-size="12" fill="#222"';

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
const round = (value: number): string => value.toFixed(1);

function svg(height: number, title: string, content: string): string {
  const heading = `<text x="10" y="22" font-size="14" font-weight="bold">${escape(title)}</text>`;
  const paper = `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`;
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" ${STYLE}>\n${paper}\n${heading}\n${content}\n</svg>\n`;
}

/** Horizontal bars from 0; the thin line is the range over the rounds. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const greatest = Math.max(...bars.map(({ max }) => max), Number.MIN_VALUE);
  const x = (value: number): number => LABELS + (value / greatest) * (WIDTH - LABELS - VALUES);
  const drawn = bars.map(({ label, value, min, max, ours, text }, i) => {
    const y = TOP + i * ROW;
    const middle = y + ROW / 2 - 2;
    return [
      `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>`,
      `<rect x="${LABELS}" y="${y}" width="${round(x(value) - LABELS)}" height="${ROW - 6}" fill="${ours ? OURS : THEIRS}"/>`,
      `<line x1="${round(x(min))}" x2="${round(x(max))}" y1="${middle}" y2="${middle}" stroke="#222" stroke-width="1.5"/>`,
      `<text x="${round(x(Math.max(value, max)) + 6)}" y="${middle + 4}">${escape(text)}</text>`,
    ].join('\n');
  });
  return svg(TOP + bars.length * ROW + BOTTOM, title, drawn.join('\n'));
}

const PLOT = 240;
const LEFT = 70;

/** One value per second, from 0. `unit` says how `name` of a value is made for the axis. */
export function timeChart(title: string, values: readonly number[], name: (value: number) => string): string {
  const greatest = Math.max(...values, Number.MIN_VALUE);
  const x = (i: number): number => LEFT + (i / Math.max(values.length - 1, 1)) * (WIDTH - LEFT - 20);
  const y = (value: number): number => TOP + PLOT - (value / greatest) * PLOT;
  const axis = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = round(y(part * greatest));
    const rule = `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${at}" y2="${at}" stroke="#ddd"/>`;
    return `${rule}\n<text x="${LEFT - 6}" y="${at}" dy="4" text-anchor="end">${escape(name(part * greatest))}</text>`;
  });
  const points = values.map((value, i) => `${round(x(i))},${round(y(value))}`).join(' ');
  const line = `<polyline points="${points}" fill="none" stroke="${OURS}" stroke-width="2"/>`;
  const seconds = `<text x="${WIDTH - 20}" y="${TOP + PLOT + 18}" text-anchor="end">${values.length} s</text>`;
  return svg(TOP + PLOT + 30, title, [...axis, line, seconds].join('\n'));
}
