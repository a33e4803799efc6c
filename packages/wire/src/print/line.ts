import { address, formatAddress, toHex } from '@ouroboros/model';
import type { Refused } from '../decoded.js';

/**
 * One line of text per packet: a title and `label=value` columns, chosen and formatted by a table. Lines are bounded, and
 * text from a peer is escaped, so that they can go into logs and terminals.
 */

/** Name of the value, label in the line, format. */
export type Column = readonly [name: string, label: string, format: Format];
type Format = (value: unknown) => string;

const MAX_TEXT = 64;
const MAX_HEX = 8;

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

export const decimal: Format = (value) => String(value);
/** 2^32−1 stands for "no demand" in a QoS. */
export const demand: Format = (value) => (value === 0xffffffff ? 'any' : String(value));
export const hex64: Format = (value) =>
  BigInt(value as bigint)
    .toString(16)
    .padStart(16, '0');
/** As C prints addresses: bytes in memory order. */
export const addr: Format = (value) => formatAddress(address(Number(value)));
export const flag: Format = (value) => (value === true ? '1' : '0');
/** Number of entries or bytes. */
export const count: Format = (value) => String(Array.isArray(value) || isBytes(value) ? value.length : 0);

/** The first bytes in hex, and how many there are when that is not all. */
export const short: Format = (value) => {
  if (!isBytes(value)) return '';
  const head = toHex(value.subarray(0, MAX_HEX));
  return value.length > MAX_HEX ? `${head}..(${value.length})` : head;
};

/** Quoted; everything but printable ASCII, the quote and the backslash is escaped. */
export const text: Format = (value) => {
  const escaped = Array.from(String(value).slice(0, MAX_TEXT), (char) =>
    /[ -~]/.test(char) && char !== '"' && char !== '\\' ? char : `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );
  return `"${escaped.join('')}"`;
};

/** The line; values that are undefined are left out. */
export function printLine(title: string, values: object, columns: readonly Column[]): string {
  const all = values as Readonly<Record<string, unknown>>;
  const parts = columns
    .filter(([name]) => all[name] !== undefined)
    .map(([name, label, format]) => `${label}=${format(all[name])}`);
  return [title, ...parts].join(' ');
}

/** The line for bytes that a decoder refused. */
export function printRefused(title: string, fault: Refused, length: number): string {
  const where = fault.field === '' ? '' : ` ${fault.field}`;
  return `${title} refused: ${fault.reason}${where} (${length} bytes)`;
}
