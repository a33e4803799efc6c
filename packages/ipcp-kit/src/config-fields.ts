import type { HashAlgorithm } from '@ouroboros/model';
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
}

/** A whole number in a range; text may be decimal, or hexadecimal with 0x. */
export function integer(range: NumberRange): Field<number> {
  const legal = `a whole number from ${range.min} to ${range.max}${range.unit ? ` ${range.unit}` : ''}`;
  return field(legal, (raw) => readInteger(raw, range), absent(range.default));
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

/** One of some words; letter case and `-` or `_` don't matter. `later`: words that a later release will know. */
export function oneOf<const W extends readonly string[]>(
  words: W,
  fallback?: W[number],
  later: readonly string[] = [],
): Field<W[number]> {
  const plain = (word: string): string => word.toLowerCase().replace(/_/g, '-');
  const read = (raw: unknown): W[number] | undefined =>
    typeof raw === 'string' ? words.find((word) => plain(word) === plain(raw)) : undefined;
  const legal = words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`;
  const promise = later.length === 0 ? '' : ` (${later.join(' and ')} come with a later release)`;
  return field(legal + promise, read, absent(fallback));
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

/** True for four decimal numbers of 0 to 255 without leading zeros. */
export const isIpv4 = (value: string): boolean => /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/.test(value);

/** An IPv4 address of one host: not 0.0.0.0, not 255.255.255.255, not a group (224.0.0.0/4). */
export function ipv4(fallback?: string): Field<string> {
  const read = (raw: unknown): string | undefined => (typeof raw === 'string' && isHostAddress(raw) ? raw : undefined);
  return field('an IPv4 address of one host, such as 192.0.2.1', read, absent(fallback));
}

/** As `ipv4`, but the key may be absent: then null. */
export function optionalIpv4(): Field<string | null> {
  const read = (raw: unknown): string | undefined => (typeof raw === 'string' && isHostAddress(raw) ? raw : undefined);
  return field<string | null>('an IPv4 address of one host, such as 192.0.2.1', read, { value: null });
}

function isHostAddress(value: string): boolean {
  return isIpv4(value) && value !== '0.0.0.0' && Number(value.split('.')[0]) < 224;
}

/** Name → addresses (IPv4 or DNS names), in the order written; several addresses for a name = several servers. */
export type HostMap = ReadonlyMap<string, readonly string[]>;

const HOSTS =
  'NAME=ADDRESS[,NAME=ADDRESS…] or a table of NAME = "ADDRESS" or ["ADDRESS", …], addresses being IPv4 or DNS names';

/** A static map of names to hosts, as text or as a table; absent = empty. */
export function hostMap(): Field<HostMap> {
  return field<HostMap>(HOSTS, (raw) => readHostMap(raw), { value: new Map() });
}

function readHostMap(raw: unknown): HostMap | undefined {
  const pairs = typeof raw === 'string' ? textPairs(raw) : tablePairs(raw);
  if (!pairs?.every(([name, address]) => name.length > 0 && name.length <= 255 && isHost(address))) return undefined;
  const map = new Map<string, string[]>();
  for (const [name, address] of pairs) map.set(name, [...(map.get(name) ?? []), address]);
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
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  return Object.entries(raw).flatMap(([name, value]) => {
    const addresses: unknown[] = Array.isArray(value) ? value : [value];
    return addresses.map((address): Pair => [name, typeof address === 'string' ? address : '']);
  });
}

/** An IPv4 address of one host, or a DNS name (letters, digits, `-`, `_`, `.`; not digits and dots alone). */
function isHost(value: string): boolean {
  if (/^[\d.]+$/.test(value)) return isHostAddress(value);
  return (
    value.length <= 253 &&
    /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/.test(value)
  );
}

const absent = <T>(value: T | undefined): { readonly value: T } | undefined =>
  value === undefined ? undefined : { value };
