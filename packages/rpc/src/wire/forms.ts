import { fromBinary, fromJson, ScalarType, toBinary, toJson, type DescMessage } from '@bufbuild/protobuf';
import { WireType, type BinaryReader, type BinaryWriter } from '@bufbuild/protobuf/wire';
import { StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt';
import type { JsonValue } from '@ouroboros/model';
import { checkJson, checkJsonObject, checkOf, pathOf, unknownWord } from './checks.js';

/** How the values of one type are checked, and lie in a message. Where a value stands is put together only when it is needed. */
export interface Form {
  readonly wire: WireType;
  /** What an absent one reads as; undefined = it is a message, which is absent. */
  readonly empty: unknown;
  /** Before `write`: EINVAL. */
  check(value: unknown, parent: string, name: string): void;
  /** Left out of the message. */
  isEmpty(value: unknown): boolean;
  write(writer: BinaryWriter, value: unknown, parent: string, name: string): void;
  read(reader: BinaryReader): unknown;
  /** Checks what was read, and fills in what is left out: EINVAL. */
  settle(value: unknown, parent: string, name: string): void;
}

const SCALARS: Readonly<Partial<Record<ScalarType, Omit<Form, 'check' | 'settle'>>>> = {
  [ScalarType.STRING]: {
    ...{ wire: WireType.LengthDelimited, empty: '', isEmpty: (value) => value === '' },
    write: (writer, value) => void writer.string(value as string),
    read: (reader) => reader.string(),
  },
  [ScalarType.BOOL]: {
    ...{ wire: WireType.Varint, empty: false, isEmpty: (value) => value === false },
    write: (writer, value) => void writer.bool(value as boolean),
    read: (reader) => reader.bool(),
  },
  [ScalarType.BYTES]: {
    ...{ wire: WireType.LengthDelimited, empty: new Uint8Array(0) },
    isEmpty: (value) => (value as Uint8Array).length === 0,
    write: (writer, value) => void writer.bytes(value as Uint8Array),
    read: (reader) => reader.bytes(),
  },
  [ScalarType.UINT32]: {
    ...{ wire: WireType.Varint, empty: 0, isEmpty: (value) => value === 0 },
    write: (writer, value) => void writer.uint32(value as number),
    read: (reader) => reader.uint32(),
  },
  [ScalarType.INT32]: {
    ...{ wire: WireType.Varint, empty: 0, isEmpty: (value) => value === 0 },
    write: (writer, value) => void writer.int32(value as number),
    read: (reader) => reader.int32(),
  },
  [ScalarType.SINT32]: {
    ...{ wire: WireType.Varint, empty: 0, isEmpty: (value) => value === 0 },
    write: (writer, value) => void writer.sint32(value as number),
    read: (reader) => reader.sint32(),
  },
  [ScalarType.UINT64]: {
    ...{ wire: WireType.Varint, empty: 0n, isEmpty: (value) => value === 0n },
    write: (writer, value) => void writer.uint64(value as bigint),
    read: (reader) => BigInt(reader.uint64()),
  },
  [ScalarType.DOUBLE]: {
    ...{ wire: WireType.Bit64, empty: 0, isEmpty: (value) => value === 0 },
    write: (writer, value) => void writer.double(value as number),
    read: (reader) => reader.double(),
  },
};

export function scalarForm(type: ScalarType): Form {
  const form = SCALARS[type];
  if (!form) throw new Error(`schemas of ours have no fields of type ${ScalarType[type]}`);
  const check = checkOf(type);
  return { ...form, check, settle: check };
}

/** A string of a set. */
export function wordForm(legal: readonly string[]): Form {
  const form = scalarForm(ScalarType.STRING);
  const check: Form['check'] = (value, parent, name) => {
    form.check(value, parent, name);
    if (!legal.includes(value as string)) throw unknownWord(legal, value as string, pathOf(parent, name));
  };
  return { ...form, check, settle: check };
}

function jsonForm(desc: DescMessage, checkAt: (value: unknown, path: string) => void): Form {
  const check: Form['check'] = (value, parent, name) => checkAt(value, pathOf(parent, name));
  return {
    ...{ wire: WireType.LengthDelimited, empty: undefined, check, settle: check, isEmpty: () => false },
    write: (writer, value) => void writer.bytes(toBinary(desc, fromJson(desc, value as JsonValue))),
    read: (reader) => toJson(desc, fromBinary(desc, reader.bytes(), { readUnknownFields: false })),
  };
}

/** Of this one null is a value. */
export const JSON_VALUE = jsonForm(ValueSchema, checkJson);

/** By the name of the message. */
export const JSON_FORMS: Readonly<Record<string, Form>> = {
  [ValueSchema.typeName]: JSON_VALUE,
  [StructSchema.typeName]: jsonForm(StructSchema, checkJsonObject),
};
