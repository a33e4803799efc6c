import { ScalarType } from '@bufbuild/protobuf';
import { OuroborosError } from '@ouroboros/model';

/** JSON may be nested this deep; the decoder's own limit is 100 messages, of which one level takes up to three. */
export const MAX_JSON_DEPTH = 24;

export const wrong = (field: string, what: string): OuroborosError =>
  new OuroborosError('EINVAL', field === '' ? what : `${field}: ${what}`, { field: field || undefined });

/** Where a part of a message stands. */
export const pathOf = (parent: string, name: string): string =>
  parent === '' || name === '' ? parent + name : `${parent}.${name}`;

interface ScalarRule {
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
}

const integer = (least: number, most: number): ScalarRule => ({
  what: `an integer from ${least} to ${most}`,
  holds: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
});

/** The scalar types that our schemas use. Every double of theirs is a duration. */
const RULES: Readonly<Partial<Record<ScalarType, ScalarRule>>> = {
  [ScalarType.STRING]: { what: 'a string', holds: (value) => typeof value === 'string' },
  [ScalarType.BOOL]: { what: 'true or false', holds: (value) => typeof value === 'boolean' },
  [ScalarType.BYTES]: { what: 'a Uint8Array', holds: (value) => value instanceof Uint8Array },
  [ScalarType.UINT32]: integer(0, 2 ** 32 - 1),
  [ScalarType.INT32]: integer(-(2 ** 31), 2 ** 31 - 1),
  [ScalarType.SINT32]: integer(-(2 ** 31), 2 ** 31 - 1),
  [ScalarType.UINT64]: {
    what: 'a bigint from 0 to 2^64-1',
    holds: (value) => typeof value === 'bigint' && value >= 0n && value < 1n << 64n,
  },
  [ScalarType.DOUBLE]: {
    what: 'a number that is finite and not negative',
    holds: (value) => Number.isFinite(value) && (value as number) >= 0,
  },
};

/** Throws EINVAL unless the value fits the type. */
export function checkOf(type: ScalarType): (value: unknown, parent: string, name: string) => void {
  const rule = RULES[type];
  if (!rule) throw new Error(`no rule for scalar type ${ScalarType[type]}`);
  const { holds, what } = rule;
  return (value, parent, name) => {
    if (!holds(value)) throw wrong(pathOf(parent, name), `${what} is needed, not ${show(value)}`);
  };
}

export function unknownWord(legal: readonly string[], value: string, path: string): OuroborosError {
  const words = legal.map((word) => word || 'empty').join(', ');
  return wrong(path, `unknown value '${show(value)}' (${words})`);
}

/** Throws EINVAL unless the value is JSON. */
export function checkJson(value: unknown, path: string, depth = 0): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value !== 'object' || ArrayBuffer.isView(value)) throw wrong(path, `${show(value)} is no JSON value`);
  if (depth === MAX_JSON_DEPTH) throw wrong(path, `nested deeper than ${MAX_JSON_DEPTH} levels`);
  if (Array.isArray(value)) value.forEach((item, i) => checkJson(item, `${path}[${i}]`, depth + 1));
  else for (const [key, item] of Object.entries(value)) checkJson(item, `${path}.${key}`, depth + 1);
}

/** Throws EINVAL unless the value is a JSON object. */
export function checkJsonObject(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(path, `an object is needed, not ${show(value)}`);
  checkJson(value, path);
}

function show(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? 'an object' : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
