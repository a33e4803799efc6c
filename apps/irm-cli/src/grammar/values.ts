import { OuroborosError, QOS_BY_NAME, type IpFamily, type QosSpec } from '@ouroboros/model';
import { checkPid } from '@ouroboros/irm';
import type { RestartPolicy } from '@ouroboros/ports';

/** Readers of option values. All throw OuroborosError EINVAL that names the field and what is legal. */
export const illegal = (field: string, legal: string, value: string): OuroborosError =>
  new OuroborosError('EINVAL', `${field} must be ${legal}, not "${value}"`, { field });

export function readChoice<const T extends string>(field: string, value: string, legal: readonly T[]): T {
  const found = legal.find((word) => word === value);
  if (found === undefined) throw illegal(field, legal.length === 1 ? legal[0]! : `one of ${legal.join(', ')}`, value);
  return found;
}

/** A whole number in decimal digits. */
export function readInteger(field: string, value: string, min: number, max: number): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (number >= min && number <= max) return number;
  throw illegal(
    field,
    max === Infinity ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`,
    value,
  );
}

export function readPid(value: string): number {
  const pid = readInteger('pid', value, 1, Number.MAX_SAFE_INTEGER);
  checkPid(pid);
  return pid;
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** A time in ms: a number and ms (or nothing), s, m, h or d. [units of spec/tools.md §1] */
export function readDuration(field: string, value: string): number {
  const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,6})?)([a-z]*)$/.exec(value) ?? [];
  const scale = UNIT_MS.get(unit ?? 'none');
  if (digits === undefined || scale === undefined)
    throw illegal(field, 'a number with ms, s, m, h or d behind it', value);
  return Math.round(Number(digits) * scale);
}

export function readQos(value: string): QosSpec {
  return QOS_BY_NAME[readChoice('qos', value, Object.keys(QOS_BY_NAME))]!;
}

export const RESTART_POLICIES: readonly RestartPolicy[] = ['never', 'on-failure', 'always'];

export const readRestart = (value: string | undefined): RestartPolicy | undefined =>
  value === undefined ? undefined : readChoice('restart', value, RESTART_POLICIES);

/** An address of one host. */
export function readAddress(field: string, value: string, family: IpFamily): string {
  if (family.host(value) !== undefined) return value;
  throw illegal(field, family.legalHost, value);
}

/** A hexadecimal number, with or without 0x, as text with it. */
export function readHex(field: string, value: string, min: number, max: number): string {
  const digits = value.replace(/^0x/i, '');
  const number = /^[0-9a-f]{1,12}$/i.test(digits) ? parseInt(digits, 16) : NaN;
  if (number >= min && number <= max) return `0x${digits}`;
  const hex = (bound: number): string => `0x${bound.toString(16).toUpperCase().padStart(4, '0')}`;
  throw illegal(field, `a hexadecimal number from ${hex(min)} to ${hex(max)}`, value);
}

/** Addresses separated by commas; what an address is, the IPCP's package knows. */
export function readList(field: string, value: string): string[] {
  const items = value.split(',').map((item) => item.trim());
  if (items.every((item) => item !== '')) return items;
  throw illegal(field, 'a list separated by commas, without empty places', value);
}

/** `NAME=ADDRESS[,NAME=ADDRESS...]`; the addresses themselves are for the IPCP's package to check. */
export function readHosts(field: string, value: string): string {
  if (value.split(',').every((pair) => /^[^=]+=[^=]+$/.test(pair.trim()))) return value;
  throw illegal(field, 'NAME=ADDRESS[,NAME=ADDRESS...]', value);
}
