import { parseInteger, usageError, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, rateOption, readOptions, type Information } from '@ouroboros/tool-kit';
import { BOTH, CLIENT, SERVER } from './manual.js';
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

const MAX_SECONDS = 1_000_000;
const seconds = (field: string, text: string): number => parseInteger(field, text, 1, MAX_SECONDS);

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, { ...CLIENT, ...SERVER, ...BOTH });
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
