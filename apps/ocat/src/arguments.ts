import { QOS_DATA, parseTime, usageError, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, readOptions, type Information } from '@ouroboros/tool-kit';

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

export const USAGE = `Usage: ocat [options] -n NAME
       ocat -l [options] -n NAME
Join standard input and output of two processes by a flow: what one reads, the other writes.

  -n, --name NAME     the name to call, or to be called by
  -l, --listen        wait for one flow to NAME and serve it. This process binds itself to the name; where the
                      name is registered is left to irm, unless --layer says it
      --layer LAYER   with -l: register the name in this layer while waiting (may be repeated)
  -q, --qos QOS       client: raw, best, video, voice or data (default data: everything arrives, in order)
  -w, --wait TIME     limit for the flow to come about (default 20 s; with -l: none);
                      a number with ms (or nothing), s, m, h or d
  -d, --no-input      do not read standard input
      --progress      show on standard error how much was sent and received
      --json          print a summary on standard error as one JSON object
  -v, --verbose       say on standard error when it listens, and how the flow is carried and protected
      --help          print this text
      --version       print the version

The end of standard input ends writing, not reading (half-close); a terminal is read until the other side has
ended. ocat ends when both sides have ended, or when the flow fails.

Whether a flow is encrypted is agreed between the IRM daemons of both sides, by default it is; --verbose tells.

Exit status: 0 every byte arrived: the process at the other side has taken all that was sent, and has said that it
sends no more; 1 a failure, or nobody can tell (the other side is an Ouroboros of C, or the QoS loses packets);
2 usage, 3 irmd not reachable, 4 name or layer unknown, 5 time-out of the allocation, 6 refused,
7 QoS not available.
`;

const CLIENT_WAIT_MS = 20_000;

const OPTIONS = {
  name: { type: 'string', short: 'n' },
  listen: { type: 'boolean', short: 'l' },
  layer: { type: 'string', multiple: true },
  qos: { type: 'string', short: 'q' },
  wait: { type: 'string', short: 'w' },
  'no-input': { type: 'boolean', short: 'd' },
  progress: { type: 'boolean' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
} as const;

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
