import { parseInteger, parseTime, usageError, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, rateOption, readOptions, type Information } from '@ouroboros/tool-kit';

export type TestType = 'uni' | 'bi';

export interface ClientOptions {
  readonly kind: 'client';
  readonly name: string;
  readonly test: TestType;
  readonly durationMs: number;
  /** Bits per second; Infinity = as fast as the flow takes packets. */
  readonly rate: number;
  readonly size: number;
  readonly qos: QosSpec;
  /** Between packets, sleep; else go round the event loop. */
  readonly sleep: boolean;
  readonly json: boolean;
}

export interface ServerOptions {
  readonly kind: 'server';
  readonly quiet: boolean;
}

export type Command = ClientOptions | ServerOptions | Information;

const MIN_SIZE = 64;
export const MAX_SIZE = 1_048_576;
const DEFAULT_RATE = 1_000_000;
/** A number without a letter means k, as in C. */
const BARE_RATE = 1000;

export const USAGE = `Usage: operf [options]
Measure what a flow carries, or serve such tests. Times are a number with ms (or nothing), s, m, h or d.

  -n, --server-name NAME  name to test
  -t, --test TYPE         uni: send only; bi: the server sends every packet back (default uni)
  -d, --duration TIME     how long to send (default 60 s)
  -r, --rate N[k|M|G]     bits per second; without a letter k is meant (default 1M)
  -s, --size BYTES        packet, ${MIN_SIZE} to ${MAX_SIZE} (default 1500)
  -q, --qos QOS           raw, best, video, voice or data (default raw)
  -f, --flood             send as fast as the flow takes packets
      --sleep             sleep between packets instead of spinning: less load, less even
      --json              print the statistics as one JSON object, nothing else

  -l, --listen            serve tests
  -Q, --quiet             server: no line for each packet of a test that is unidirectional

      --help              print this text
      --version           print the version

A server is bound to its name by irm, as that of oping. The duration is that of sending; a bidirectional test then
waits for what is still under way, until nothing came for 2 s.

Exit status: 0 done (bi: replies came back), 1 none did or a failure, 2 usage, 3 irmd not reachable, 4 name unknown,
5 time-out of the allocation, 6 refused, 7 QoS not available.
`;

const OPTIONS = {
  listen: { type: 'boolean', short: 'l' },
  quiet: { type: 'boolean', short: 'Q' },
  'server-name': { type: 'string', short: 'n' },
  test: { type: 'string', short: 't' },
  duration: { type: 'string', short: 'd' },
  rate: { type: 'string', short: 'r' },
  size: { type: 'string', short: 's' },
  qos: { type: 'string', short: 'q' },
  flood: { type: 'boolean', short: 'f' },
  sleep: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, OPTIONS);
  const information = asked(values);
  if (information) return information;
  const { json = false, sleep = false, duration = '60s', test = 'uni', size = '1500' } = values;
  if (values.listen) {
    if (json) throw usageError('json', '--json prints statistics of a client, a server (--listen) has none');
    return { kind: 'server', quiet: values.quiet ?? false };
  }
  const name = values['server-name'];
  if (!name) throw usageError('server-name', 'No server specified. Give its name (-n NAME), or -l to listen.');
  if (test !== 'uni' && test !== 'bi') throw usageError('test', 'Invalid test type. The types are uni and bi.');
  const rate = values.flood ? Infinity : values.rate === undefined ? DEFAULT_RATE : rateOption(values.rate, BARE_RATE);
  const bytes = parseInteger('size', size, MIN_SIZE, MAX_SIZE);
  const durationMs = parseTime('duration', duration);
  return { kind: 'client', name, test, durationMs, rate, size: bytes, qos: qosOption(values.qos), sleep, json };
}
