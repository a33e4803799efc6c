import { create, toBinary, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import { MAX_MESSAGE_BYTES, type Frame, type Plain } from '../frame.js';
import { parse, toMessage, toPlain } from './codec.js';

/** A frame message: `id`, and one of the bodies in its oneofs `request` and `reply`. */
interface FrameMessage {
  readonly id: number;
  readonly request: OneofValue;
  readonly reply?: OneofValue;
}
interface OneofValue {
  readonly case: string | undefined;
  readonly value?: Plain;
}

/** EINVAL with the path of the wrong field; EMSGSIZE. */
export function encodeFrame(desc: DescMessage, frame: Frame): Uint8Array {
  const body = toMessage(bodyField(desc, frame.kind, frame.name), frame.value);
  const init = { id: frame.id, [frame.kind]: { case: frame.name, value: body } };
  const bytes = toBinary(desc, create(desc, init as never));
  if (bytes.length <= MAX_MESSAGE_BYTES) return bytes;
  throw new OuroborosError('EMSGSIZE', `message of ${bytes.length} bytes; the limit is ${MAX_MESSAGE_BYTES}`);
}

/** EINVAL for bytes that are no frame. Wrong contents of the body become the error in the frame's `value`. */
export function decodeFrame(desc: DescMessage, bytes: Uint8Array): Frame {
  const message = parse(desc, bytes) as unknown as FrameMessage;
  const kind = message.reply?.case === undefined ? 'request' : 'reply';
  const { case: name = '', value = {} } = message[kind] ?? { case: '' };
  return { id: message.id, kind, name, value: name === '' ? {} : plainBody(bodyField(desc, kind, name), value) };
}

function plainBody(desc: DescMessage, message: Plain): Plain | OuroborosError {
  try {
    return toPlain(desc, message);
  } catch (error) {
    return toOuroborosError(error, 'EINVAL');
  }
}

function bodyField(desc: DescMessage, kind: Frame['kind'], name: string): DescMessage {
  const fields: readonly DescField[] = desc.oneofs.find((oneof) => oneof.name === kind)?.fields ?? [];
  const found = fields.find((field) => field.localName === name)?.message;
  if (!found) throw new Error(`${desc.typeName} has no ${kind} '${name}'`);
  return found;
}
