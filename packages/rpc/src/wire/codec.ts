import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import { MAX_MESSAGE_BYTES, type Plain } from '../frame.js';
import { pathOf, wrong } from './checks.js';
import { JSON_FORMS, JSON_VALUE, scalarForm, wordForm, type Form } from './forms.js';
import { defaultOf, isNullable, legalWords } from './rules.js';

/**
 * The one mapping between plain objects, shaped as the interfaces of @ouroboros/ports, and the bytes of protobuf messages. It is
 * made from the descriptors, once for each message: both sides have the same field names, so no message needs code of its own, and a
 * message takes a few µs, of which a flow needs a dozen. Beyond types it holds what proto3 cannot express: messages are required
 * unless nullable, words are of their set. A field with JSON is a google.protobuf.Struct or Value.
 */
export type Fields = Record<string, unknown>;

interface Field {
  readonly name: string;
  readonly number: number;
  readonly form: Form;
  readonly list: boolean;
  readonly packed: boolean;
  /** Null is an absent message, and not a fault. */
  readonly nullable: boolean;
  /** Of what is left out. */
  readonly fallback: unknown;
}

/** EINVAL with the path of the wrong field; EMSGSIZE. */
export function encode(desc: DescMessage, plain: Plain): Uint8Array {
  const writer = new BinaryWriter();
  codecOf(desc).writeFields(writer, plain, '');
  return finished(writer);
}

/** EINVAL for bytes that are no such message, and with the path of the field for contents that break its rules. */
export function decode(desc: DescMessage, bytes: Uint8Array): Plain {
  const codec = codecOf(desc);
  const fields = parsing(() => codec.readFields(new BinaryReader(bytes), bytes.length));
  codec.settle(fields, '', '');
  return fields;
}

/** EMSGSIZE. */
export function finished(writer: BinaryWriter): Uint8Array {
  const bytes = writer.finish();
  if (bytes.length <= MAX_MESSAGE_BYTES) return bytes;
  throw new OuroborosError('EMSGSIZE', `message of ${bytes.length} bytes; the limit is ${MAX_MESSAGE_BYTES}`);
}

/** What `read` answers; EINVAL when it throws. */
export function parsing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new OuroborosError('EINVAL', `malformed message: ${toOuroborosError(error).message}`, { cause: error });
  }
}

const codecs = new Map<DescMessage, MessageCodec>();

export function codecOf(desc: DescMessage): MessageCodec {
  let codec = codecs.get(desc);
  if (!codec) codecs.set(desc, (codec = new MessageCodec(desc)));
  return codec;
}

/** One kind of message. Fields of a oneof are left out, unknown fields skipped. */
export class MessageCodec implements Form {
  readonly wire = WireType.LengthDelimited;
  readonly empty = undefined;
  private readonly byNumber: (Field | undefined)[] = [];
  private known: readonly Field[] | undefined;

  constructor(private readonly desc: DescMessage) {}

  isEmpty(): boolean {
    return false;
  }

  /** `write` does it. */
  check(): void {}

  write(writer: BinaryWriter, plain: unknown, parent: string, name: string): void {
    writer.fork();
    this.writeFields(writer, plain, pathOf(parent, name));
    writer.join();
  }

  read(reader: BinaryReader): Fields {
    return this.readFields(reader, endOf(reader));
  }

  settle(value: unknown, parent: string, name: string): void {
    const fields = value as Fields;
    const path = pathOf(parent, name);
    for (const field of this.fields) fields[field.name] = settled(field, fields[field.name], path);
  }

  writeFields(writer: BinaryWriter, plain: unknown, path: string): void {
    if (typeof plain !== 'object' || plain === null) throw wrong(path, 'an object is needed');
    for (const field of this.fields) writeField(writer, field, (plain as Fields)[field.name], path);
  }

  readFields(reader: BinaryReader, end: number): Fields {
    const result: Fields = {};
    for (const { name, form, list } of this.fields) result[name] = list ? [] : form.empty;
    while (reader.pos < end) {
      const [number, wire] = reader.tag();
      const field = this.byNumber[number];
      if (!field || !readField(reader, field, wire, result)) reader.skip(wire, number);
    }
    if (reader.pos !== end) throw new RangeError('a field is longer than its message');
    return result;
  }

  /** Made when first used, as messages can be parts of each other. */
  private get fields(): readonly Field[] {
    if (this.known) return this.known;
    this.known = this.desc.fields.filter(({ oneof }) => !oneof).map(fieldOf);
    for (const field of this.known) this.byNumber[field.number] = field;
    return this.known;
  }
}

function fieldOf(field: DescField): Field {
  const { number, localName: name, parent } = field;
  const list = field.fieldKind === 'list';
  return {
    ...{ name, number, list, form: formOf(field), packed: list && field.packed },
    nullable: isNullable(parent.typeName, name),
    fallback: defaultOf(parent.typeName, name),
  };
}

function formOf(field: DescField): Form {
  const { message } = field;
  if (message) return JSON_FORMS[message.typeName] ?? codecOf(message);
  if (field.scalar === undefined) throw new Error(`${field.name}: schemas of ours have no ${field.fieldKind} fields`);
  const legal = legalWords(field.parent.typeName, field.localName);
  return legal ? wordForm(legal) : scalarForm(field.scalar);
}

function writeField(writer: BinaryWriter, field: Field, value: unknown, parent: string): void {
  const { name, number, form, list, nullable } = field;
  if (list) return writeList(writer, field, value, parent);
  if (form.empty === undefined && (value === undefined || (value === null && form !== JSON_VALUE))) {
    if (nullable) return;
    throw wrong(pathOf(parent, name), 'is missing');
  }
  form.check(value, parent, name);
  if (form.isEmpty(value)) return;
  writer.tag(number, form.wire);
  form.write(writer, value, parent, name);
}

function writeList(writer: BinaryWriter, { name, number, form, packed }: Field, value: unknown, parent: string): void {
  if (!Array.isArray(value)) throw wrong(pathOf(parent, name), 'an array is needed');
  if (value.length === 0) return;
  if (packed) writer.tag(number, WireType.LengthDelimited).fork();
  value.forEach((item, i) => {
    const place = `${name}[${i}]`;
    form.check(item, parent, place);
    if (!packed) writer.tag(number, form.wire);
    form.write(writer, item, parent, place);
  });
  if (packed) writer.join();
}

/** False: the field is of another type than ours, and unknown. */
function readField(reader: BinaryReader, { name, form, list, packed }: Field, wire: WireType, result: Fields): boolean {
  const items = result[name] as unknown[];
  if (packed && wire === WireType.LengthDelimited) {
    const end = endOf(reader);
    while (reader.pos < end) items.push(form.read(reader));
  } else if (wire !== form.wire) return false;
  else if (list) items.push(form.read(reader));
  else result[name] = form.read(reader);
  return true;
}

function endOf(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('premature end');
  return end;
}

function settled({ name, form, list, nullable, fallback }: Field, value: unknown, parent: string): unknown {
  if (list) (value as unknown[]).forEach((item, i) => form.settle(item, parent, `${name}[${i}]`));
  else if (fallback !== undefined && (value === undefined || value === '')) return fallback;
  else if (value !== undefined) form.settle(value, parent, name);
  else if (nullable) return null;
  else throw wrong(pathOf(parent, name), 'is missing');
  return value;
}
