import { UNREACHABLE_STATUS, USAGE_STATUS, type Manual, type OptionTable } from '@ouroboros/tool-kit';

export const DEFAULT_MESSAGE = 'Ouroboros multicast rocks!';

export const OPTIONS = {
  name: { type: 'string', short: 'n', value: 'LAYER', help: 'broadcast layer to join' },
  message: { type: 'string', short: 'm', value: 'TEXT', help: `message to send (default "${DEFAULT_MESSAGE}")` },
  listen: { type: 'boolean', short: 'l', help: 'read messages until interrupted' },
} as const satisfies OptionTable;

export const MANUAL: Manual = {
  name: 'obc',
  section: 1,
  summary: 'send a message to all who joined a broadcast layer, or read those of others',
  synopsis: ['-n LAYER [options]'],
  options: [OPTIONS],
  exitStatus: [
    ['0', 'done'],
    ['1', 'a failure'],
    USAGE_STATUS,
    UNREACHABLE_STATUS,
    ['4', 'layer unknown'],
    ['5', 'time-out'],
  ],
};
