import { usageError, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, readOptions, type Information } from '@ouroboros/tool-kit';

export interface ClientOptions {
  readonly kind: 'client';
  readonly qos: QosSpec;
  readonly json: boolean;
}

export interface ServerOptions {
  readonly kind: 'server';
}

export type Command = ClientOptions | ServerOptions | Information;

export const USAGE = `Usage: oecho [options]
Say hello to the name "oecho" and print what is said back, or say back what is said.

  -q, --qos QOS  raw, best, video, voice or data (default raw)
      --json     print the result as one JSON object, nothing else

  -l, --listen   say back one message of each flow

      --help     print this text
      --version  print the version

A server is bound to the name "oecho" by irm, as that of oping to its name.

Exit status: 0 an answer came, 1 a failure, 2 usage, 3 irmd not reachable, 4 name unknown, 5 time-out of the
allocation or of the answer, 6 refused, 7 QoS not available.
`;

const OPTIONS = {
  listen: { type: 'boolean', short: 'l' },
  qos: { type: 'string', short: 'q' },
  json: { type: 'boolean' },
} as const;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, OPTIONS);
  const information = asked(values);
  if (information) return information;
  const { listen, json = false, qos } = values;
  if (!listen) return { kind: 'client', qos: qosOption(qos), json };
  if (json) throw usageError('json', '--json prints the result of a client, a server (--listen) has none');
  if (qos !== undefined) throw usageError('qos', '-q is for the client: who calls says the QoS');
  return { kind: 'server' };
}
