import type { Fault } from './fault.js';

export type Expanded =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly faults: readonly Fault[] };

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** What would end a TOML string or begin another line. */
const DANGEROUS = /["'\\\p{Cc}]/u;

/**
 * Puts the values of environment variables in place of `${NAME}`, so that one file serves many hosts. In comments it stands
 * for itself. A variable that does not exist is a fault, as is a value that could be more than a part of a string.
 */
export function expandEnvironment(text: string, env: Readonly<Record<string, string | undefined>>): Expanded {
  const faults: Fault[] = [];
  const lines = text.split('\n').map((line, index) => {
    if (/^\s*#/.test(line)) return line;
    return line.replace(VARIABLE, (whole, name: string) => {
      const value = env[name];
      if (value !== undefined && !DANGEROUS.test(value)) return value;
      const what = value === undefined ? 'is not in the environment' : 'has a quote, backslash or control character';
      faults.push({ path: '', message: `line ${index + 1}: the variable ${name} ${what}` });
      return whole;
    });
  });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, text: lines.join('\n') };
}
