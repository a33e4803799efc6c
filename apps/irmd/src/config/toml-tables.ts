import { parse, TomlError, type TomlTable } from 'smol-toml';
import type { Fault } from './fault.js';

/** One `[type.name]` of the file; `table` is something else where the file is wrong. */
export interface TomlEntry {
  readonly type: string;
  readonly name: string;
  readonly table: unknown;
}

export type TomlTables =
  | { readonly ok: true; readonly top: TomlTable; readonly order: readonly TomlEntry[] }
  | { readonly ok: false; readonly fault: Fault };

/**
 * Parses TOML and keeps what a parsed object loses: the order of tables in the file across types
 * (`[udp4.a]`, `[unicast.b]`, `[udp4.c]`). A parsed object also orders keys that look like integers by value.
 *
 * The text is cut into sections, each from one table header to the next. A line that looks like a header is one exactly
 * when the section before it is a complete document: inside a multi-line string or array it is not.
 */
export function parseTables(text: string): TomlTables {
  let top: TomlTable;
  try {
    top = parse(text);
  } catch (thrown) {
    return { ok: false, fault: syntaxFault(thrown) };
  }
  return { ok: true, top, order: entriesInOrder(top, sectionsOf(text)) };
}

function syntaxFault(thrown: unknown): Fault {
  if (!(thrown instanceof TomlError)) throw thrown;
  const what = thrown.message.split('\n', 1)[0]!.replace(/^Invalid TOML document: /, '');
  return { path: '', message: `line ${thrown.line}, column ${thrown.column}: ${what}` };
}

function sectionsOf(text: string): TomlTable[] {
  const sections: TomlTable[] = [];
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    if (/^\s*\[/.test(line)) {
      const section = parsed(lines.join('\n'));
      if (section) {
        sections.push(section);
        lines = [];
      }
    }
    lines.push(line);
  }
  const last = parsed(lines.join('\n'));
  if (last) sections.push(last);
  return sections;
}

function parsed(text: string): TomlTable | undefined {
  try {
    return parse(text);
  } catch (thrown) {
    if (thrown instanceof TomlError) return undefined;
    throw thrown;
  }
}

function entriesInOrder(top: TomlTable, sections: readonly TomlTable[]): TomlEntry[] {
  const seen = new Map<string, TomlEntry>();
  for (const section of sections) {
    for (const [type, inner] of Object.entries(section)) {
      if (!isTable(inner)) continue;
      for (const name of Object.keys(inner)) {
        const key = JSON.stringify([type, name]);
        if (!seen.has(key)) seen.set(key, { type, name, table: (top[type] as TomlTable)[name] });
      }
    }
  }
  return [...seen.values()];
}

/** Tables, not arrays and not dates. */
export const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
