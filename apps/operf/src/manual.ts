import { CALL_STATUS, type Manual, type OptionTable } from '@ouroboros/tool-kit';

export const MIN_SIZE = 64;
export const MAX_SIZE = 1_048_576;

export const CLIENT = {
  'server-name': { type: 'string', short: 'n', value: 'NAME', help: 'name to test' },
  test: {
    type: 'string',
    short: 't',
    value: 'TEST',
    help: 'uni: send only; bi: the server sends every packet back (default uni)',
    completes: ['uni', 'bi'],
  },
  duration: { type: 'string', short: 'd', value: 'TIME', help: 'how long to send (default 60 s)' },
  rate: {
    type: 'string',
    short: 'r',
    value: 'N[k|M|G]',
    help: 'bits per second; without a letter k is meant (default 1M)',
  },
  size: { type: 'string', short: 's', value: 'BYTES', help: `packet, ${MIN_SIZE} to ${MAX_SIZE} (default 1500)` },
  qos: { type: 'string', short: 'q', value: 'QOS', help: 'raw, best, video, voice or data (default raw)' },
  flood: { type: 'boolean', short: 'f', help: 'send as fast as the flow takes packets' },
  sleep: { type: 'boolean', help: 'sleep between packets instead of spinning: less load, less even' },
  json: { type: 'boolean', help: 'print the statistics as one JSON object, nothing else' },
} as const satisfies OptionTable;

export const SERVER = {
  listen: { type: 'boolean', short: 'l', help: 'serve tests' },
  quiet: { type: 'boolean', short: 'Q', help: 'server: no line for each packet of a test that is unidirectional' },
} as const satisfies OptionTable;

export const MANUAL: Manual = {
  name: 'operf',
  section: 1,
  summary: 'measure what a flow carries, or serve such tests',
  synopsis: ['-n NAME [options]', '-l [options]'],
  description: ['Times are a number with ms (or nothing), s, m, h or d.'],
  options: [CLIENT, SERVER],
  notes: [
    'A server is bound to its name by irm, as that of oping. The duration is that of sending; a bidirectional test then waits for what is still under way, until nothing came for 2 s.',
  ],
  exitStatus: [['0', 'done (bi: replies came back)'], ['1', 'none did, or a failure'], ...CALL_STATUS],
  seeAlso: ['ocbr(1)', 'oping(1)'],
};
