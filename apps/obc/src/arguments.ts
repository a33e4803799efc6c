import { usageError } from '@ouroboros/model';
import { asked, readOptions, type Information } from '@ouroboros/tool-kit';
import { BROADCAST_MTU } from '@ouroboros/wire';
import { encodeMessage } from './message.js';

export interface ReaderOptions {
  readonly kind: 'reader';
  readonly layer: string;
}

export interface WriterOptions {
  readonly kind: 'writer';
  readonly layer: string;
  readonly message: string;
}

const OPTIONS = {
  name: { type: 'string', short: 'n' },
  message: { type: 'string', short: 'm' },
  listen: { type: 'boolean', short: 'l' },
} as const;
const DEFAULT_MESSAGE = 'Ouroboros multicast rocks!';

export const USAGE = `Usage: obc [options]
Send a message to all who joined a broadcast layer, or read those of others.

  -n, --name LAYER    broadcast layer to join
  -m, --message TEXT  message to send (default "${DEFAULT_MESSAGE}")
  -l, --listen        read messages until interrupted

      --help          print this text
      --version       print the version

Exit status: 0 done, 1 failure, 2 usage, 3 irmd not reachable, 4 layer unknown, 5 time-out.
`;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): ReaderOptions | WriterOptions | Information {
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
