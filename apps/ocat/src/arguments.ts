import { QOS_DATA, parseTime, usageError, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, readOptions, type Information } from '@ouroboros/tool-kit';
import { OPTIONS } from './manual.js';

/** What both sides have. */
interface TransferOptions {
  readonly name: string;
  /** Limit for the flow to come about, in ms; Infinity = none. */
  readonly waitMs: number;
  /** Read standard input. */
  readonly input: boolean;
  readonly progress: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

export interface ClientOptions extends TransferOptions {
  readonly kind: 'client';
  readonly qos: QosSpec;
}

export interface ServerOptions extends TransferOptions {
  readonly kind: 'server';
  /** Layers in which the name is registered while ocat waits. */
  readonly layers: readonly string[];
}

export type Command = ClientOptions | ServerOptions | Information;

const CLIENT_WAIT_MS = 20_000;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, OPTIONS);
  const information = asked(values);
  if (information) return information;
  const { name = '', listen = false, layer: layers = [], qos, wait } = values;
  if (name === '') throw usageError('name', `give the name ${listen ? 'to be called by' : 'to call'} (-n NAME)`);
  const waitMs = wait === undefined ? (listen ? Infinity : CLIENT_WAIT_MS) : parseTime('wait', wait);
  const common = { name, waitMs, ...switches(values) };
  if (listen) {
    if (qos !== undefined) throw usageError('qos', '-q is for the client: who calls says the QoS');
    return { kind: 'server', ...common, layers };
  }
  if (layers.length > 0) throw usageError('layer', '--layer is for a server (-l)');
  return { kind: 'client', ...common, qos: qosOption(qos, QOS_DATA) };
}

function switches(values: { 'no-input'?: boolean; progress?: boolean; json?: boolean; verbose?: boolean }) {
  const { 'no-input': noInput = false, progress = false, json = false, verbose = false } = values;
  return { input: !noInput, progress, json, verbose };
}
