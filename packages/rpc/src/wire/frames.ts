import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { OuroborosError } from '@ouroboros/model';
import { toOuroborosError } from '@ouroboros/model';
import type { Frame, Plain } from '../frame.js';
import { codecOf, finished, parsing, type Fields, type MessageCodec } from './codec.js';

/** One of the bodies in the oneofs `request` and `reply` of a frame message. */
interface BodyShape {
  readonly number: number;
  readonly kind: Frame['kind'];
  readonly name: string;
  readonly codec: MessageCodec;
}

/** A frame message: its `id`, which is field 1, and its bodies. */
class FrameShape {
  private readonly byNumber: (BodyShape | undefined)[] = [];
  private readonly byName = new Map<string, BodyShape>();

  constructor(private readonly desc: DescMessage) {
    for (const { number, localName: name, message, oneof } of desc.fields) {
      if (!message || !oneof) continue;
      const kind = oneof.name as Frame['kind'];
      const body = { number, kind, name, codec: codecOf(message) };
      this.byNumber[number] = body;
      this.byName.set(`${kind} ${name}`, body);
    }
  }

  named(kind: Frame['kind'], name: string): BodyShape {
    const found = this.byName.get(`${kind} ${name}`);
    if (!found) throw new Error(`${this.desc.typeName} has no ${kind} '${name}'`);
    return found;
  }

  numbered(number: number): BodyShape | undefined {
    return this.byNumber[number];
  }
}

const ID = 1;
const shapes = new Map<DescMessage, FrameShape>();

function shapeOf(desc: DescMessage): FrameShape {
  let shape = shapes.get(desc);
  if (!shape) shapes.set(desc, (shape = new FrameShape(desc)));
  return shape;
}

/** EINVAL with the path of the wrong field; EMSGSIZE. */
export function encodeFrame(desc: DescMessage, { id, kind, name, value }: Frame): Uint8Array {
  const { number, codec } = shapeOf(desc).named(kind, name);
  const writer = new BinaryWriter();
  if (id !== 0) writer.tag(ID, WireType.Varint).uint32(id);
  writer.tag(number, codec.wire);
  codec.write(writer, value, '', '');
  return finished(writer);
}

interface ReadFrame {
  id: number;
  body: BodyShape | undefined;
  value: Fields;
}

/** EINVAL for bytes that are no frame. Wrong contents of the body become the error in the frame's `value`. */
export function decodeFrame(desc: DescMessage, bytes: Uint8Array): Frame {
  const { id, body, value } = parsing(() => readFrame(shapeOf(desc), new BinaryReader(bytes)));
  if (!body) return { id, kind: 'request', name: '', value: {} };
  return { id, kind: body.kind, name: body.name, value: settled(body.codec, value) };
}

/** Of several bodies the last counts. */
function readFrame(shape: FrameShape, reader: BinaryReader): ReadFrame {
  const frame: ReadFrame = { id: 0, body: undefined, value: {} };
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const body = shape.numbered(number);
    if (number === ID && wire === WireType.Varint) frame.id = reader.uint32();
    else if (body && wire === body.codec.wire) {
      frame.body = body;
      frame.value = body.codec.read(reader);
    } else reader.skip(wire, number);
  }
  return frame;
}

function settled(codec: MessageCodec, value: Fields): Plain | OuroborosError {
  try {
    codec.settle(value, '', '');
    return value;
  } catch (error) {
    return toOuroborosError(error, 'EINVAL');
  }
}
