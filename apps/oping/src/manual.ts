import { CALL_STATUS, type Manual, type OptionTable } from '@ouroboros/tool-kit';
import { MAX_SIZE, MIN_SIZE } from './payload.js';

export const CLIENT = {
  'server-name': { type: 'string', short: 'n', value: 'NAME', help: 'name to ping' },
  count: { type: 'string', short: 'c', value: 'N', help: 'packets to send (default 2147483647)' },
  duration: {
    type: 'string',
    short: 'd',
    value: 'TIME',
    help: 'sets the count to TIME / interval (10 packets per ms when the interval is 0)',
  },
  interval: {
    type: 'string',
    short: 'i',
    value: 'TIME',
    help: 'pause before each packet (default 1000 ms, at most 10 s)',
  },
  size: {
    type: 'string',
    short: 's',
    value: 'BYTES',
    help: `payload, ${MIN_SIZE} to ${MAX_SIZE} (default ${MIN_SIZE})`,
  },
  qos: { type: 'string', short: 'q', value: 'QOS', help: 'raw, best, video, voice or data (default raw)' },
  flood: { type: 'boolean', short: 'f', help: 'send a packet when the answer to the one before is there' },
  'flood-busy': { type: 'boolean', short: 'F', help: 'the same, polling' },
  quiet: { type: 'boolean', short: 'Q', help: 'print statistics only' },
  timeofday: { type: 'boolean', short: 'D', help: 'print the time before each line of a packet' },
  json: { type: 'boolean', help: 'print the statistics as one JSON object, nothing else' },
} as const satisfies OptionTable;

export const SERVER = {
  listen: { type: 'boolean', short: 'l', help: 'answer pings' },
  poll: { type: 'boolean', help: 'server: poll the flows instead of waiting' },
  busy: { type: 'boolean', help: 'server: poll one flow at a time' },
} as const satisfies OptionTable;

export const MANUAL: Manual = {
  name: 'oping',
  section: 1,
  summary: 'ping a name over a flow, or answer pings',
  synopsis: ['-n NAME [options]', '-l [options]'],
  description: ['Times are a number with ms (or nothing), s, m, h or d.'],
  options: [CLIENT, SERVER],
  notes: ['A server answers for the names to which irm has bound it, or its program.'],
  exitStatus: [['0', 'replies came back'], ['1', 'none did, or a failure'], ...CALL_STATUS],
  examples: [
    ['oping -n hello -c 3', 'Ping the name hello three times.'],
    [
      'irm bind program oping name hello auto -- --listen',
      'Have hello served by oping, which irmd starts when it is called.',
    ],
  ],
  seeAlso: ['operf(1)'],
};
