import { isJsonObject, type HashAlgorithm, type IpFamily } from '@ouroboros/model';
import * as z from 'zod';
import type { ConfigKey } from '@ouroboros/ports';

/**
 * Schemas for the keys of a configuration. Values come as text (from a command line) or as native values (from a file);
 * each schema takes both. Every fault says what would be legal.
 */
export type Field<T> = z.ZodType<T>;

/** What a field says of itself. */
export type FieldWords = Omit<ConfigKey, 'key'>;

const WORDS = new WeakMap<object, FieldWords>();

/** Says what a key is for, in the list that operators get. */
export function described<T>(help: string, of: Field<T>): Field<T> {
  WORDS.set(of, { ...wordsOf(of), help });
  return of;
}

/** What a schema says of itself; one that was not made here says nothing. */
export const wordsOf = (schema: object): FieldWords =>
  WORDS.get(schema) ?? { legal: 'checked by the program', help: '', required: false, fallback: '' };

/** Answers the value, or undefined when `raw` is not legal. */
type Reader<T> = (raw: unknown) => T | undefined;

function field<T>(legal: string, read: Reader<T>, absent?: { readonly value: T }): Field<T> {
  const made = z
    .unknown()
    .optional()
    .transform((raw, context) => {
      if (raw === undefined && absent) return absent.value;
      const value = raw === undefined ? undefined : read(raw);
      if (value !== undefined) return value;
      const message = raw === undefined ? `required: ${legal}` : `must be ${legal}, not ${JSON.stringify(raw)}`;
      context.issues.push({ code: 'custom', message, input: raw });
      return z.NEVER;
    }) as unknown as Field<T>;
  WORDS.set(made, { legal, help: '', required: !absent, fallback: fallbackText(absent?.value) });
  return made;
}

const fallbackText = (value: unknown): string =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** Value of an absent key; without it the key is required. */
  readonly default?: number;
  /** Unit for messages: `s`, `bytes`. */
  readonly unit?: string;
  /** Messages write the bounds in hexadecimal. */
  readonly hexadecimal?: boolean;
}

/** A whole number in a range; text may be decimal, or hexadecimal with 0x. */
export function integer(range: NumberRange): Field<number> {
  const bound = (value: number): string =>
    range.hexadecimal ? `0x${value.toString(16).toUpperCase().padStart(4, '0')}` : String(value);
  const legal = `a whole number from ${bound(range.min)} to ${bound(range.max)}${range.unit ? ` ${range.unit}` : ''}`;
  const made = field(legal, (raw) => readInteger(raw, range), absent(range.default));
  if (range.default !== undefined) WORDS.set(made, { ...wordsOf(made), fallback: bound(range.default) });
  return made;
}

/** A number in a range, whole or not; text may be decimal. */
export function decimal(range: NumberRange): Field<number> {
  const legal = `a number from ${range.min} to ${range.max}${range.unit ? ` ${range.unit}` : ''}`;
  const read = (raw: unknown): number | undefined => {
    const value = typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw.trim()) ? Number(raw) : raw;
    return typeof value === 'number' && value >= range.min && value <= range.max ? value : undefined;
  };
  return field(legal, read, absent(range.default));
}

function readInteger(raw: unknown, range: NumberRange): number | undefined {
  const value = typeof raw === 'string' && /^(-?\d+|0[xX][0-9a-fA-F]+)$/.test(raw.trim()) ? Number(raw) : raw;
  const legal = typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= range.max;
  return legal ? value : undefined;
}

/** One of some words; letter case and `-` or `_` don't matter. */
export function oneOf<const W extends readonly string[]>(words: W, fallback?: W[number]): Field<W[number]> {
  const plain = (word: string): string => word.toLowerCase().replace(/_/g, '-');
  const read = (raw: unknown): W[number] | undefined =>
    typeof raw === 'string' ? words.find((word) => plain(word) === plain(raw)) : undefined;
  const legal = words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`;
  return field(legal, read, absent(fallback));
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['no', false],
  ['off', false],
]);

export function bool(fallback?: boolean): Field<boolean> {
  const read = (raw: unknown): boolean | undefined =>
    typeof raw === 'boolean' ? raw : typeof raw === 'string' ? BOOLEANS.get(raw.toLowerCase()) : undefined;
  return field('true or false', read, absent(fallback));
}

/** Any text of 1 to `maxLength` characters; absent → `fallback`, or required without one. */
export function text(what: string, maxLength: number, fallback?: string): Field<string> {
  const read = (raw: unknown): string | undefined =>
    typeof raw === 'string' && raw.length > 0 && raw.length <= maxLength ? raw : undefined;
  return field(`${what} of 1 to ${maxLength} characters`, read, absent(fallback));
}

/** The hash algorithm of a layer that may choose one. [spec/wire-shims.md §1.1] */
export const hashAlgorithm = (): Field<HashAlgorithm> =>
  oneOf(['SHA3_224', 'SHA3_256', 'SHA3_384', 'SHA3_512'] as const, 'SHA3_256');

/** An address of one host, as the system writes it; absent → `fallback`, or required without one. */
export const hostAddress = (family: IpFamily, fallback?: string): Field<string> =>
  field(family.legalHost, readAddress(family), absent(fallback));

/** As `hostAddress`, but the key may be absent: then null. */
export const optionalHostAddress = (family: IpFamily): Field<string | null> =>
  field<string | null>(family.legalHost, readAddress(family), { value: null });

const readAddress =
  (family: IpFamily): Reader<string> =>
  (raw) =>
    typeof raw === 'string' ? family.host(raw) : undefined;

/** Name → addresses (IP or DNS names), in the order written; several addresses for a name = several servers. */
export type HostMap = ReadonlyMap<string, readonly string[]>;

const hostsLegal = ({ name }: IpFamily): string =>
  `NAME=ADDRESS[,NAME=ADDRESS…] or a table of NAME = "ADDRESS" or ["ADDRESS", …], addresses being ${name} or DNS names`;

/** A static map of names to hosts, as text or as a table; absent = empty. */
export function hostMap(family: IpFamily): Field<HostMap> {
  return field<HostMap>(hostsLegal(family), (raw) => readHostMap(family, raw), { value: new Map() });
}

function readHostMap(family: IpFamily, raw: unknown): HostMap | undefined {
  const pairs = typeof raw === 'string' ? textPairs(raw) : tablePairs(raw);
  if (!pairs) return undefined;
  const map = new Map<string, string[]>();
  for (const [name, text] of pairs) {
    const host = readHost(family, text);
    if (host === undefined || name.length === 0 || name.length > 255) return undefined;
    map.set(name, [...(map.get(name) ?? []), host]);
  }
  return map;
}

type Pair = readonly [name: string, address: string];

function textPairs(value: string): Pair[] {
  const parts = value.split(',').map((part) => part.trim());
  return parts.map((part) => {
    const at = part.lastIndexOf('=');
    return [part.slice(0, Math.max(at, 0)).trim(), part.slice(at + 1).trim()];
  });
}

function tablePairs(raw: unknown): Pair[] | undefined {
  if (!isJsonObject(raw)) return undefined;
  return Object.entries(raw).flatMap(([name, value]) => {
    const addresses: unknown[] = Array.isArray(value) ? value : [value];
    return addresses.map((address): Pair => [name, typeof address === 'string' ? address : '']);
  });
}

/** An address of one host, or a DNS name (letters, digits, `-`, `_`, `.`; not digits and dots alone). */
const readHost = (family: IpFamily, value: string): string | undefined =>
  /:|^[\d.]*$/.test(value) ? family.host(value) : isDnsName(value) ? value : undefined;

const isDnsName = (value: string): boolean =>
  value.length <= 253 &&
  /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/.test(value);

const absent = <T>(value: T | undefined): { readonly value: T } | undefined =>
  value === undefined ? undefined : { value };
