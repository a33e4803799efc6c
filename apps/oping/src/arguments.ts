import { QOS_BY_NAME, QOS_RAW, parseInteger, parseTime, usageError, type QosSpec } from '@ouroboros/model';
import { asked, readOptions, type Information } from '@ouroboros/tool-kit';
import { CLIENT, SERVER } from './manual.js';
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

const MAX_COUNT = 2_147_483_647;
const MAX_INTERVAL_MS = 10_000;
const PACKETS_PER_MS_WITHOUT_INTERVAL = 10;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, { ...CLIENT, ...SERVER });
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
