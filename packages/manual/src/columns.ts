/** A term and what it means. */
export type Row = readonly [left: string, right: string];

const MAX_LEFT = 26;
const LINE = 88;

/** Two columns, indented by two; a left part longer than `width` has its line alone. */
export function columns(rows: readonly Row[], width = leftWidth(rows), line = LINE): string[] {
  return rows.flatMap(([left, right]) => {
    const [first = '', ...more] = wrap(right, line - width - 4);
    const rest = more.map((text) => ' '.repeat(width + 4) + text);
    if (left.length > width) return [`  ${left}`, ' '.repeat(width + 4) + first, ...rest];
    return [`  ${left.padEnd(width)}  ${first}`, ...rest];
  });
}

/** What the left column needs, within reason. */
export const leftWidth = (rows: readonly Row[]): number =>
  Math.min(MAX_LEFT, Math.max(...rows.map(([left]) => left.length)));

/** Lines of at most `width` characters, broken at blanks; a longer word has its line alone. */
export function wrap(text: string, width = LINE): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1]!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
