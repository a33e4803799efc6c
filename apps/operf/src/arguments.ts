import { parseInteger, parseTime, usageError, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, rateOption, readOptions, type Information } from '@ouroboros/tool-kit';
import { CLIENT, MAX_SIZE, MIN_SIZE, SERVER } from './manual.js';

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

const DEFAULT_RATE = 1_000_000;
/** A number without a letter means k, as in C. */
const BARE_RATE = 1000;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, { ...CLIENT, ...SERVER });
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
