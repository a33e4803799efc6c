import { CALL_STATUS, type Manual, type OptionTable } from '@ouroboros/tool-kit';

export const CLIENT = {
  qos: { type: 'string', short: 'q', value: 'QOS', help: 'raw, best, video, voice or data (default raw)' },
  json: { type: 'boolean', help: 'print the result as one JSON object, nothing else' },
} as const satisfies OptionTable;

export const SERVER = {
  listen: { type: 'boolean', short: 'l', help: 'say back one message of each flow' },
} as const satisfies OptionTable;

export const MANUAL: Manual = {
  name: 'oecho',
  section: 1,
  summary: 'say hello to the name "oecho" and print what is said back, or say back what is said',
  synopsis: ['[options]', '-l'],
  options: [CLIENT, SERVER],
  notes: ['A server is bound to the name "oecho" by irm, as that of oping to its name.'],
  exitStatus: [['0', 'an answer came'], ['1', 'a failure'], ...CALL_STATUS],
};
