/**
 * Protobuf in and out, stricter than the library: a message is scanned before it is decoded, because the decoder of
 * @bufbuild/protobuf accepts missing required fields, mistyped fields, inner lengths that overrun their message, and bytes
 * that are not UTF-8. [spec/wire-control.md, conventions: a message is refused as a whole]
 */
import { create, fromBinary, isFieldSet, toBinary, ScalarType } from '@bufbuild/protobuf';
import type { DescField, DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import { OuroborosError } from '@ouroboros/model';
import { accepted, refused, type Decoded, type Refused } from '../decoded.js';
import { decodeText } from '../text.js';

const WIRE_VARINT = 0;
const WIRE_64 = 1;
const WIRE_DELIMITED = 2;
const WIRE_32 = 5;
const MAX_VARINT = 10;

/** The scan's position in the message. */
interface Scan {
  readonly bytes: Uint8Array;
  at: number;
}

const joinPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** A tag or length: an unsigned 32-bit varint of at most 5 bytes, or −1. */
function readSmall(scan: Scan, end: number): number {
  let value = 0;
  for (let i = 0, unit = 1; i < 5 && scan.at < end; i += 1, unit *= 128) {
    const byte = scan.bytes[scan.at]!;
    scan.at += 1;
    value += (byte & 0x7f) * unit;
    if (byte < 0x80) return value <= 0xffffffff ? value : -1;
  }
  return -1;
}

function skipVarint(scan: Scan, end: number): boolean {
  for (let i = 0; i < MAX_VARINT && scan.at < end; i += 1) {
    const byte = scan.bytes[scan.at]!;
    scan.at += 1;
    if (byte < 0x80) return true;
  }
  return false;
}

/** End of a length-delimited value whose length stands at the position, or −1 when it overruns `end`. */
function endOfDelimited(scan: Scan, end: number): number {
  const length = readSmall(scan, end);
  return length < 0 || length > end - scan.at ? -1 : scan.at + length;
}

function skipBytes(scan: Scan, end: number, count: number): boolean {
  if (count > end - scan.at) return false;
  scan.at += count;
  return true;
}

/** Skips the value of an unknown field; groups are refused. */
function skipUnknown(scan: Scan, end: number, wire: number): boolean {
  if (wire === WIRE_VARINT) return skipVarint(scan, end);
  if (wire === WIRE_64) return skipBytes(scan, end, 8);
  if (wire === WIRE_32) return skipBytes(scan, end, 4);
  if (wire !== WIRE_DELIMITED) return false;
  const valueEnd = endOfDelimited(scan, end);
  if (valueEnd < 0) return false;
  scan.at = valueEnd;
  return true;
}

/** Varints one behind the other up to `end`. */
function skipPacked(scan: Scan, end: number): boolean {
  while (scan.at < end) if (!skipVarint(scan, end)) return false;
  return true;
}

const scalarOf = (field: DescField): ScalarType | undefined =>
  field.fieldKind === 'scalar' || field.fieldKind === 'list' ? field.scalar : undefined;

function scanDelimited(field: DescField, scan: Scan, end: number, path: string): Refused | undefined {
  const valueEnd = endOfDelimited(scan, end);
  if (valueEnd < 0) return refused('malformed', path);
  if (field.message !== undefined) return scanMessage(field.message, scan, valueEnd, path);
  const scalar = scalarOf(field);
  if (scalar !== ScalarType.STRING && scalar !== ScalarType.BYTES) {
    return field.fieldKind === 'list' && skipPacked(scan, valueEnd) ? undefined : refused('malformed', path);
  }
  const text = scalar === ScalarType.BYTES ? '' : decodeText(scan.bytes.subarray(scan.at, valueEnd));
  scan.at = valueEnd;
  return text === undefined ? refused('malformed', path) : undefined;
}

/** The value of a known field. The peer protocols have no fixed-width, float, enum or map fields. */
function scanField(field: DescField, wire: number, scan: Scan, end: number, path: string): Refused | undefined {
  if (wire === WIRE_DELIMITED) return scanDelimited(field, scan, end, path);
  const scalar = scalarOf(field);
  const isVarint = scalar !== undefined && scalar !== ScalarType.STRING && scalar !== ScalarType.BYTES;
  return wire === WIRE_VARINT && isVarint && skipVarint(scan, end) ? undefined : refused('malformed', path);
}

const isRequired = (field: DescField): boolean => field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;

/** Scans one message from the position to `end`. Recursion ends with the schema: no message of it contains itself. */
function scanMessage(desc: DescMessage, scan: Scan, end: number, path: string): Refused | undefined {
  const seen = new Set<DescField>();
  while (scan.at < end) {
    const tag = readSmall(scan, end);
    const number = Math.floor(tag / 8);
    if (number < 1) return refused('malformed', path);
    const wire = tag % 8;
    const field = desc.fields.find((one) => one.number === number);
    if (field === undefined) {
      if (!skipUnknown(scan, end, wire)) return refused('malformed', path);
      continue;
    }
    const fault = scanField(field, wire, scan, end, joinPath(path, field.name));
    if (fault !== undefined) return fault;
    seen.add(field);
  }
  const missing = desc.fields.find((field) => isRequired(field) && !seen.has(field));
  return missing === undefined ? undefined : refused('missing-field', joinPath(path, missing.name));
}

/** Decodes a message of at most `maxLength` bytes. Unknown fields are dropped. Byte fields are views into `bytes`. */
export function readMessage<D extends DescMessage>(
  desc: D,
  bytes: Uint8Array,
  maxLength: number,
): Decoded<MessageShape<D>> {
  if (bytes.length > maxLength) return refused('too-long');
  const fault = scanMessage(desc, { bytes, at: 0 }, bytes.length, '');
  return fault ?? accepted(fromBinary(desc, bytes, { readUnknownFields: false }));
}

/** Encodes in order of field numbers, as C does. EINVAL when a value does not fit its field, EMSGSIZE when too long. */
export function writeMessage<D extends DescMessage>(desc: D, init: MessageInitShape<D>, maxLength: number): Uint8Array {
  const bytes = toBytes(desc, init);
  if (bytes.length <= maxLength) return bytes;
  throw new OuroborosError('EMSGSIZE', `${desc.name} of ${bytes.length} bytes, at most ${maxLength}`);
}

function toBytes<D extends DescMessage>(desc: D, init: MessageInitShape<D>): Uint8Array {
  try {
    return toBinary(desc, create(desc, init));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OuroborosError('EINVAL', `${desc.name}: ${why}`, { cause });
  }
}

/** A copy of an optional byte field; undefined when it is not set. */
export function optionalBytes<D extends DescMessage>(
  message: MessageShape<D>,
  field: DescField,
): Uint8Array | undefined {
  if (!isFieldSet(message, field)) return undefined;
  const value: unknown = Reflect.get(message, field.localName);
  return value instanceof Uint8Array ? value.slice() : undefined;
}
