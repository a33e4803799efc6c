import { parseInteger, usageError, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, rateOption, readOptions, type Information } from '@ouroboros/tool-kit';
import { MAX_SIZE, MIN_SIZE } from './payload.js';

export interface ClientOptions {
  readonly kind: 'client';
  readonly name: string;
  readonly seconds: number;
  readonly size: number;
  /** Bits per second; Infinity = as fast as the flow takes packets. */
  readonly rate: number;
  readonly qos: QosSpec;
  /** Between packets, sleep; else go round the event loop. */
  readonly sleep: boolean;
  readonly json: boolean;
}

export interface ServerOptions {
  readonly kind: 'server';
  readonly intervalSeconds: number;
  /** A flow without a packet for this long is deallocated. */
  readonly idleSeconds: number;
  readonly json: boolean;
}

export type Command = ClientOptions | ServerOptions | Information;

export const USAGE = `Usage: ocbr [options]
Send packets at a constant bit rate over a flow, or count what arrives.

  -n, --server-name NAME  name to send to (C: --server_apn)
  -d, --duration SECONDS  how long to send (default 60)
  -s, --size BYTES        packet, ${MIN_SIZE} to ${MAX_SIZE} (default 1000)
  -r, --rate N[k|M|G]     bits per second (default 1M)
  -q, --qos QOS           raw, best, video, voice or data (default raw)
  -f, --flood             send as fast as the flow takes packets
      --sleep             sleep between packets (default)
      --spin              do not sleep: more load, more even

  -l, --listen            count what arrives
  -i, --interval SECONDS  server: how often to report (default 1)
  -t, --timeout SECONDS   server: a flow that is silent for this long has ended (default 1)

      --json              print one JSON object for each line of statistics, nothing else
      --help              print this text
      --version           print the version

A server is bound to its name by irm, as that of oping. Its reports are about one interval each, the last one of a
flow about all of it.

Exit status: 0 sent, 1 nothing was or a failure, 2 usage, 3 irmd not reachable, 4 name unknown, 5 time-out of the
allocation, 6 refused, 7 QoS not available.
`;

const OPTIONS = {
  'server-name': { type: 'string', short: 'n' },
  server_apn: { type: 'string' },
  duration: { type: 'string', short: 'd' },
  size: { type: 'string', short: 's' },
  rate: { type: 'string', short: 'r' },
  qos: { type: 'string', short: 'q' },
  flood: { type: 'boolean', short: 'f' },
  sleep: { type: 'boolean' },
  spin: { type: 'boolean' },
  listen: { type: 'boolean', short: 'l' },
  interval: { type: 'string', short: 'i' },
  timeout: { type: 'string', short: 't' },
  json: { type: 'boolean' },
} as const;

const MAX_SECONDS = 1_000_000;
const seconds = (field: string, text: string): number => parseInteger(field, text, 1, MAX_SECONDS);

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, OPTIONS);
  const information = asked(values);
  if (information) return information;
  const { listen, json = false, interval = '1', timeout = '1', duration = '60', size = '1000', rate = '1M' } = values;
  if (listen) {
    const [intervalSeconds, idleSeconds] = [seconds('interval', interval), seconds('timeout', timeout)];
    return { kind: 'server', intervalSeconds, idleSeconds, json };
  }
  const name = values['server-name'] ?? values.server_apn;
  if (!name) throw usageError('server-name', 'give the name to send to (-n NAME), or -l to listen');
  if (values.sleep && values.spin) throw usageError('spin', 'either --sleep or --spin');
  return {
    kind: 'client',
    name,
    seconds: seconds('duration', duration),
    size: parseInteger('size', size, MIN_SIZE, MAX_SIZE),
    rate: values.flood ? Infinity : rateOption(rate, 1),
    qos: qosOption(values.qos),
    sleep: !values.spin,
    json,
  };
}
