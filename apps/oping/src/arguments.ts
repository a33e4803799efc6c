import { QOS_BY_NAME, QOS_RAW, parseInteger, parseTime, usageError, type QosSpec } from '@ouroboros/model';
import { asked, readOptions, type Information } from '@ouroboros/tool-kit';
import { MAX_SIZE, MIN_SIZE } from './payload.js';

export interface ClientOptions {
  readonly kind: 'client';
  readonly name: string;
  readonly count: number;
  readonly intervalMs: number;
  readonly size: number;
  readonly qos: QosSpec;
  /** `interval`: by the clock; `flood`: each packet when the answer to the one before is there; `flood-busy`: that, polling. */
  readonly pace: 'interval' | 'flood' | 'flood-busy';
  readonly quiet: boolean;
  readonly timeOfDay: boolean;
  readonly json: boolean;
}

export interface ServerOptions {
  readonly kind: 'server';
  /** `wait` for packets; `poll`: look at all flows in each turn; `busy`: that, with one flow at a time. */
  readonly attention: 'wait' | 'poll' | 'busy';
  readonly quiet: boolean;
  readonly timeOfDay: boolean;
}

/** What the command line asks for, and remarks about values that were changed. */
export interface Command {
  readonly options: ClientOptions | ServerOptions | Information;
  readonly remarks: readonly string[];
}

export const USAGE = `Usage: oping [options]
Ping a name over a flow, or answer pings. Times are a number with ms (or nothing), s, m, h or d.

  -n, --server-name NAME  name to ping
  -c, --count N           packets to send (default 2147483647)
  -d, --duration TIME     sets the count to TIME / interval (10 packets per ms when the interval is 0)
  -i, --interval TIME     pause before each packet (default 1000 ms, at most 10 s)
  -s, --size BYTES        payload, ${MIN_SIZE} to ${MAX_SIZE} (default ${MIN_SIZE})
  -q, --qos QOS           raw, best, video, voice or data (default raw)
  -f, --flood             send a packet when the answer to the one before is there
  -F, --flood-busy        the same, polling
  -Q, --quiet             print statistics only
  -D, --timeofday         print the time before each line of a packet
      --json              print the statistics as one JSON object, nothing else

  -l, --listen            answer pings
      --poll              server: poll the flows instead of waiting
      --busy              server: poll one flow at a time

      --help              print this text
      --version           print the version

Exit status: 0 replies came back, 1 none did or a failure, 2 usage, 3 irmd not reachable, 4 name unknown,
5 time-out of the allocation, 6 refused, 7 QoS not available.
`;

const MAX_COUNT = 2_147_483_647;
const MAX_INTERVAL_MS = 10_000;
const PACKETS_PER_MS_WITHOUT_INTERVAL = 10;

const OPTIONS = {
  listen: { type: 'boolean', short: 'l' },
  poll: { type: 'boolean' },
  busy: { type: 'boolean' },
  'server-name': { type: 'string', short: 'n' },
  count: { type: 'string', short: 'c' },
  duration: { type: 'string', short: 'd' },
  interval: { type: 'string', short: 'i' },
  size: { type: 'string', short: 's' },
  qos: { type: 'string', short: 'q' },
  flood: { type: 'boolean', short: 'f' },
  'flood-busy': { type: 'boolean', short: 'F' },
  quiet: { type: 'boolean', short: 'Q' },
  timeofday: { type: 'boolean', short: 'D' },
  json: { type: 'boolean' },
} as const;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, OPTIONS);
  const remarks: string[] = [];
  const information = asked(values);
  if (information) return { options: information, remarks };
  const { quiet = false, timeofday: timeOfDay = false } = values;
  if (values.listen) {
    if (values.json) throw usageError('json', '--json prints statistics of a client, a server (--listen) has none');
    const attention = values.busy ? 'busy' : values.poll ? 'poll' : 'wait';
    return { options: { kind: 'server', attention, quiet, timeOfDay }, remarks };
  }
  const name = values['server-name'];
  if (name === undefined || name === '')
    throw usageError('server-name', 'give the name to ping (-n NAME), or -l to listen');
  const intervalMs = interval(values.interval, remarks);
  const count = packets(values.count, values.duration, intervalMs);
  const size = payloadSize(values.size, remarks);
  const pace = values['flood-busy'] ? 'flood-busy' : values.flood ? 'flood' : 'interval';
  const qos = qosOf(values.qos, remarks);
  const json = values.json ?? false;
  return { options: { kind: 'client', name, count, intervalMs, size, qos, pace, quiet, timeOfDay, json }, remarks };
}

function interval(text: string | undefined, remarks: string[]): number {
  const asked = text === undefined ? 1000 : parseTime('interval', text);
  if (asked <= MAX_INTERVAL_MS) return asked;
  remarks.push('Ping interval truncated to 10s.');
  return MAX_INTERVAL_MS;
}

function packets(count: string | undefined, duration: string | undefined, intervalMs: number): number {
  if (duration === undefined) return count === undefined ? MAX_COUNT : parseInteger('count', count, 1, MAX_COUNT);
  const ms = parseTime('duration', duration);
  const fitting = Math.floor(intervalMs > 0 ? ms / intervalMs : ms * PACKETS_PER_MS_WITHOUT_INTERVAL);
  if (fitting >= 1) return Math.min(fitting, MAX_COUNT);
  throw usageError('duration', `duration: ${duration} is shorter than one interval of ${intervalMs} ms`);
}

function payloadSize(text: string | undefined, remarks: string[]): number {
  const asked = text === undefined ? MIN_SIZE : parseInteger('size', text, 0, Number.MAX_SAFE_INTEGER);
  if (asked > MAX_SIZE) remarks.push(`Packet size truncated to ${MAX_SIZE} bytes.`);
  if (asked < MIN_SIZE) remarks.push(`Packet size set to ${MIN_SIZE} bytes.`);
  return Math.min(Math.max(asked, MIN_SIZE), MAX_SIZE);
}

function qosOf(word: string | undefined, remarks: string[]): QosSpec {
  if (word === undefined) return QOS_RAW;
  if (Object.hasOwn(QOS_BY_NAME, word)) return QOS_BY_NAME[word] ?? QOS_RAW;
  remarks.push('Unknown QoS cube, defaulting to raw.');
  return QOS_RAW;
}
