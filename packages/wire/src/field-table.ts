import { OuroborosError } from '@ouroboros/model';

/**
 * Fixed layouts as tables: name → offset and kind. One table serves the decoder, the encoder and the printer of a
 * header. For control messages; the packet path has hand-written views (dt-pci.ts).
 */
export type FieldKind = 'u8' | 'u16' | 'u32' | 'i32' | 'u64';

export interface Field<K extends FieldKind = FieldKind> {
  readonly kind: K;
  readonly offset: number;
}

export type Fields = Readonly<Record<string, Field>>;

export interface FieldTable<F extends Fields = Fields> {
  readonly littleEndian: boolean;
  /** Sum of the sizes in bytes. */
  readonly length: number;
  readonly fields: F;
}

/** What a table's fields decode to: 64-bit fields as bigint, all others as number. */
export type FieldValues<F extends Fields> = {
  readonly [N in keyof F]: F[N] extends Field<'u64'> ? bigint : number;
};

const SIZE: Readonly<Record<FieldKind, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8 };

/** Lays fields out one behind the other without padding, in the order in which they are written. */
export function fieldTable<const S extends Readonly<Record<string, FieldKind>>>(
  order: 'big-endian' | 'little-endian',
  shape: S,
): FieldTable<{ readonly [N in keyof S]: Field<S[N]> }> {
  const fields: Record<string, Field> = {};
  let offset = 0;
  for (const [name, kind] of Object.entries(shape)) {
    fields[name] = { kind, offset };
    offset += SIZE[kind];
  }
  return {
    littleEndian: order === 'little-endian',
    length: offset,
    fields: fields as { readonly [N in keyof S]: Field<S[N]> },
  };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readField(view: DataView, offset: number, kind: FieldKind, littleEndian: boolean): number | bigint {
  switch (kind) {
    case 'u8':
      return view.getUint8(offset);
    case 'u16':
      return view.getUint16(offset, littleEndian);
    case 'u32':
      return view.getUint32(offset, littleEndian);
    case 'i32':
      return view.getInt32(offset, littleEndian);
    case 'u64':
      return view.getBigUint64(offset, littleEndian);
  }
}

const LOW: Readonly<Record<FieldKind, bigint>> = { u8: 0n, u16: 0n, u32: 0n, i32: -(2n ** 31n), u64: 0n };
const HIGH: Readonly<Record<FieldKind, bigint>> = {
  u8: 2n ** 8n,
  u16: 2n ** 16n,
  u32: 2n ** 32n,
  i32: 2n ** 31n,
  u64: 2n ** 64n,
};

function checkRange(name: string, kind: FieldKind, value: number | bigint): void {
  const whole = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (whole && BigInt(value) >= LOW[kind] && BigInt(value) < HIGH[kind]) return;
  throw new OuroborosError('EINVAL', `${name} = ${value} does not fit ${kind}`, { field: name });
}

function writeField(view: DataView, offset: number, kind: FieldKind, value: number | bigint, little: boolean): void {
  if (kind === 'u64') return view.setBigUint64(offset, BigInt(value), little);
  const number = Number(value);
  if (kind === 'u8') return view.setUint8(offset, number);
  if (kind === 'u16') return view.setUint16(offset, number, little);
  if (kind === 'i32') return view.setInt32(offset, number, little);
  view.setUint32(offset, number, little);
}

/** Reads all fields. `bytes` must have `table.length` bytes from `at` on. */
export function readFields<F extends Fields>(table: FieldTable<F>, bytes: Uint8Array, at = 0): FieldValues<F> {
  const view = viewOf(bytes);
  const values: Record<string, number | bigint> = {};
  for (const [name, field] of Object.entries(table.fields)) {
    values[name] = readField(view, at + field.offset, field.kind, table.littleEndian);
  }
  return values as FieldValues<F>;
}

/** Writes the given fields and zeros for the others. EINVAL for a value that does not fit its field. */
export function writeFields<F extends Fields>(
  table: FieldTable<F>,
  bytes: Uint8Array,
  values: Partial<FieldValues<F>>,
  at = 0,
): void {
  const view = viewOf(bytes);
  for (const [name, field] of Object.entries(table.fields)) {
    const value: number | bigint = (values as Readonly<Record<string, number | bigint | undefined>>)[name] ?? 0;
    checkRange(name, field.kind, value);
    writeField(view, at + field.offset, field.kind, value, table.littleEndian);
  }
}
