import { usageError, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, readOptions, type Information } from '@ouroboros/tool-kit';
import { CLIENT, SERVER } from './manual.js';

export interface ClientOptions {
  readonly kind: 'client';
  readonly qos: QosSpec;
  readonly json: boolean;
}

export interface ServerOptions {
  readonly kind: 'server';
}

export type Command = ClientOptions | ServerOptions | Information;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, { ...CLIENT, ...SERVER });
  const information = asked(values);
  if (information) return information;
  const { listen, json = false, qos } = values;
  if (!listen) return { kind: 'client', qos: qosOption(qos), json };
  if (json) throw usageError('json', '--json prints the result of a client, a server (--listen) has none');
  if (qos !== undefined) throw usageError('qos', '-q is for the client: who calls says the QoS');
  return { kind: 'server' };
}
