import { columns, leftWidth, wrap, type Row } from './columns.js';
import { INFORMATION, type Manual, type OptionEntry, type OptionTable, type VerbTable } from './manual.js';

const LINE = 100;

/** The text of `--help`. */
export function helpText(manual: Manual): string {
  const { name, summary, synopsis, description = [], verbs = {}, options, notes = [] } = manual;
  const usage = synopsis.map((rest, at) => `${at === 0 ? 'Usage:' : '      '} ${name} ${rest}`.trimEnd());
  const tables = [...options, INFORMATION].map(optionRows);
  const width = leftWidth(tables.flat());
  const parts = [
    [...usage, ...wrap(sentence(summary), LINE)],
    ...description.map((text) => wrap(text, LINE)),
    ...(verbRows(verbs).length === 0 ? [] : [columns(verbRows(verbs), undefined, LINE)]),
    ...tables.map((table) => columns(table, width, LINE)),
    ...notes.map((text) => wrap(text, LINE)),
    wrap(`Exit status: ${manual.exitStatus.map(([status, meaning]) => `${status} ${meaning}`).join('; ')}.`, LINE),
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** `ping a name` as a sentence. */
export const sentence = (summary: string): string => `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;

/** Verbs and what they do. */
export const verbRows = (verbs: VerbTable): Row[] => Object.entries(verbs).map(([verb, { help }]) => [verb, help]);

/** What stands before the explanation of an option, and that. */
export function optionRows(table: OptionTable): Row[] {
  return Object.entries(table).flatMap(([long, entry]): Row[] =>
    entry.help ? [[optionTerm(long, entry), entry.help]] : [],
  );
}

function optionTerm(long: string, { short, value, multiple }: OptionEntry): string {
  const letter = short === undefined ? '    ' : `-${short}, `;
  return `${letter}--${long}${value === undefined ? '' : ` ${value}`}${multiple ? '...' : ''}`;
}
