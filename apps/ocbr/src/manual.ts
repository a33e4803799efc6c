import { CALL_STATUS, type Manual, type OptionTable } from '@ouroboros/tool-kit';
import { MAX_SIZE, MIN_SIZE } from './payload.js';

export const CLIENT = {
  'server-name': { type: 'string', short: 'n', value: 'NAME', help: 'name to send to (C: --server_apn)' },
  server_apn: { type: 'string', value: 'NAME' },
  duration: { type: 'string', short: 'd', value: 'SECONDS', help: 'how long to send (default 60)' },
  size: { type: 'string', short: 's', value: 'BYTES', help: `packet, ${MIN_SIZE} to ${MAX_SIZE} (default 1000)` },
  rate: { type: 'string', short: 'r', value: 'N[k|M|G]', help: 'bits per second (default 1M)' },
  qos: { type: 'string', short: 'q', value: 'QOS', help: 'raw, best, video, voice or data (default raw)' },
  flood: { type: 'boolean', short: 'f', help: 'send as fast as the flow takes packets' },
  sleep: { type: 'boolean', help: 'sleep between packets (default)' },
  spin: { type: 'boolean', help: 'do not sleep: more load, more even' },
} as const satisfies OptionTable;

export const SERVER = {
  listen: { type: 'boolean', short: 'l', help: 'count what arrives' },
  interval: { type: 'string', short: 'i', value: 'SECONDS', help: 'server: how often to report (default 1)' },
  timeout: {
    type: 'string',
    short: 't',
    value: 'SECONDS',
    help: 'server: a flow that is silent for this long has ended (default 1)',
  },
} as const satisfies OptionTable;

export const BOTH = {
  json: { type: 'boolean', help: 'print one JSON object for each line of statistics, nothing else' },
} as const satisfies OptionTable;

export const MANUAL: Manual = {
  name: 'ocbr',
  section: 1,
  summary: 'send packets at a constant bit rate over a flow, or count what arrives',
  synopsis: ['-n NAME [options]', '-l [options]'],
  options: [CLIENT, SERVER, BOTH],
  notes: [
    'A server is bound to its name by irm, as that of oping. Its reports are about one interval each, the last one of a flow about all of it.',
  ],
  exitStatus: [['0', 'sent'], ['1', 'nothing was, or a failure'], ...CALL_STATUS],
  seeAlso: ['operf(1)'],
};
