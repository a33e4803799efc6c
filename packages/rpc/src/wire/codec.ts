import {
  create,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescField,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf';
import { ValueSchema, type Value } from '@bufbuild/protobuf/wkt';
import { OuroborosError, toOuroborosError, type JsonValue } from '@ouroboros/model';
import type { Plain } from '../frame.js';
import { MAX_MESSAGE_BYTES } from '../frame.js';
import { checkJson, checkJsonObject, checkScalar, checkWord, wrong } from './checks.js';
import { defaultOf, isNullable, legalWords } from './rules.js';

/**
 * The one mapping between plain objects, shaped as the interfaces of @ouroboros/ports, and protobuf messages. It is
 * driven by the descriptors: both sides have the same field names, so no message needs code of its own. Beyond types it
 * holds what proto3 cannot express: messages are required unless nullable, words are of their set. A field with JSON is
 * a google.protobuf.Struct or Value.
 */
type Fields = Record<string, unknown>;
type Direction = 'toMessage' | 'toPlain';

/** EINVAL with the path of the wrong field; EMSGSIZE. */
export function encode(desc: DescMessage, plain: Plain): Uint8Array {
  const bytes = toBinary(desc, toMessage(desc, plain));
  if (bytes.length <= MAX_MESSAGE_BYTES) return bytes;
  throw new OuroborosError('EMSGSIZE', `message of ${bytes.length} bytes; the limit is ${MAX_MESSAGE_BYTES}`);
}

/** EINVAL for bytes that are no such message, and with the path of the field for contents that break its rules. */
export const decode = (desc: DescMessage, bytes: Uint8Array): Plain => toPlain(desc, parse(desc, bytes));

/** EINVAL. Unknown fields are left out. */
export function parse(desc: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(desc, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new OuroborosError('EINVAL', `malformed message: ${toOuroborosError(error).message}`, { cause: error });
  }
}

/** Checked. Fields of a oneof are left out. */
export const toMessage = (desc: DescMessage, plain: Plain): Message =>
  create(desc, convert('toMessage', desc, plain, '') as never);

/** Checked. Fields of a oneof are left out. */
export const toPlain = (desc: DescMessage, message: Plain): Plain => convert('toPlain', desc, message, '');

function convert(direction: Direction, desc: DescMessage, source: unknown, path: string): Fields {
  if (typeof source !== 'object' || source === null) throw wrong(path, 'an object is needed');
  const result: Fields = {};
  for (const field of desc.fields) {
    if (field.oneof) continue;
    const name = field.localName;
    const value = (source as Fields)[name];
    result[name] = convertField(direction, field, value, path === '' ? name : `${path}.${name}`);
  }
  return result;
}

function convertField(direction: Direction, field: DescField, value: unknown, path: string): unknown {
  if (field.fieldKind === 'list') return convertList(direction, field, value, path);
  if (direction === 'toPlain' && (value === undefined || value === '')) {
    const fallback = defaultOf(field.parent.typeName, field.localName);
    if (fallback !== undefined) return fallback;
  }
  if (field.fieldKind === 'scalar') {
    checkScalar(field.scalar, value, path);
    const legal = legalWords(field.parent.typeName, field.localName);
    if (legal) checkWord(legal, value as string, path);
    return value;
  }
  if (field.fieldKind !== 'message') throw new Error(`${path}: schemas of ours have no ${field.fieldKind} fields`);
  if (value === undefined || value === null) return absent(direction, field, value, path);
  return convertMessage(direction, field.message, value, path);
}

function convertList(direction: Direction, field: DescField, value: unknown, path: string): unknown {
  if (!Array.isArray(value)) throw wrong(path, 'an array is needed');
  const legal = legalWords(field.parent.typeName, field.localName);
  return value.map((item: unknown, i) => {
    if (field.message) return convertMessage(direction, field.message, item, `${path}[${i}]`);
    if (field.scalar !== undefined) checkScalar(field.scalar, item, `${path}[${i}]`);
    if (legal) checkWord(legal, item as string, `${path}[${i}]`);
    return item;
  });
}

function convertMessage(direction: Direction, desc: DescMessage, value: unknown, path: string): unknown {
  switch (desc.typeName) {
    case 'google.protobuf.Struct':
      checkJsonObject(value, path);
      return value;
    case 'google.protobuf.Value':
      return convertJson(direction, value, path);
    default:
      return convert(direction, desc, value, path);
  }
}

function convertJson(direction: Direction, value: unknown, path: string): unknown {
  if (direction === 'toPlain') return toJson(ValueSchema, value as Value);
  checkJson(value, path);
  return fromJson(ValueSchema, value as JsonValue);
}

/** Null is a JSON value, stands for an absent message where the interface says so, and is wrong elsewhere. */
function absent(direction: Direction, field: DescField, value: unknown, path: string): unknown {
  if (field.message?.typeName === 'google.protobuf.Value' && value === null) return convertJson(direction, null, path);
  if (!isNullable(field.parent.typeName, field.localName)) throw wrong(path, 'is missing');
  return direction === 'toPlain' ? null : undefined;
}
