import { OuroborosError } from './error.js';

const UNIT_MS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time in ms, as the options of tools take it: a number with ms (or nothing), s, m, h or d. EINVAL. [spec/tools.md §1] */
export function parseTime(field: string, text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(.*)$/.exec(text) ?? [];
  if (number === undefined) throw usageError(field, `${field}: '${text}' is no time (a number with ms, s, m, h or d)`);
  const factor = Object.hasOwn(UNIT_MS, unit) ? UNIT_MS[unit] : undefined;
  if (factor === undefined) throw usageError(field, `Unknown time unit: ${unit}.`);
  return Number(number) * factor;
}

/** A whole number from `min` to `max`. Stricter than C, which takes what begins like a number. EINVAL. */
export function parseInteger(field: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw usageError(field, `${field}: '${text}' is no whole number from ${min} to ${max}`);
}

/** EINVAL about an option of a tool. */
export const usageError = (field: string, message: string): OuroborosError =>
  new OuroborosError('EINVAL', message, { field });
