import { usageError } from '@ouroboros/model';
import { asked, encodeMessage, readOptions, type Information } from '@ouroboros/tool-kit';
import { BROADCAST_MTU } from '@ouroboros/wire';
import { DEFAULT_MESSAGE, OPTIONS } from './manual.js';

export interface ReaderOptions {
  readonly kind: 'reader';
  readonly layer: string;
}

export interface WriterOptions {
  readonly kind: 'writer';
  readonly layer: string;
  readonly message: string;
}

export type Command = ReaderOptions | WriterOptions | Information;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, OPTIONS);
  const information = asked(values);
  if (information) return information;
  const { name: layer, listen, message = DEFAULT_MESSAGE } = values;
  if (!layer) throw usageError('name', 'Please specify a name.');
  if (listen) return { kind: 'reader', layer };
  if (encodeMessage(message).length > BROADCAST_MTU) {
    throw usageError('message', `message: longer than ${BROADCAST_MTU - 1} bytes`);
  }
  return { kind: 'writer', layer, message };
}
