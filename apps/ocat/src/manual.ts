import { UNREACHABLE_STATUS, USAGE_STATUS, type Manual, type OptionTable } from '@ouroboros/tool-kit';

export const OPTIONS = {
  name: { type: 'string', short: 'n', value: 'NAME', help: 'the name to call, or to be called by' },
  listen: {
    type: 'boolean',
    short: 'l',
    help: 'wait for one flow to NAME and serve it. This process binds itself to the name; where the name is registered is left to irm, unless --layer says it',
  },
  layer: {
    type: 'string',
    multiple: true,
    value: 'LAYER',
    help: 'with -l: register the name in this layer while waiting (may be repeated)',
  },
  qos: {
    type: 'string',
    short: 'q',
    value: 'QOS',
    help: 'client: raw, best, video, voice or data (default data: everything arrives, in order)',
  },
  wait: {
    type: 'string',
    short: 'w',
    value: 'TIME',
    help: 'limit for the flow to come about (default 20 s; with -l: none); a number with ms (or nothing), s, m, h or d',
  },
  'no-input': { type: 'boolean', short: 'd', help: 'do not read standard input' },
  progress: { type: 'boolean', help: 'show on standard error how much was sent and received' },
  json: { type: 'boolean', help: 'print a summary on standard error as one JSON object' },
  verbose: {
    type: 'boolean',
    short: 'v',
    help: 'say on standard error when it listens, and how the flow is carried and protected',
  },
} as const satisfies OptionTable;

export const MANUAL: Manual = {
  name: 'ocat',
  section: 1,
  summary: 'join standard input and output of two processes by a flow: what one reads, the other writes',
  synopsis: ['[options] -n NAME', '-l [options] -n NAME'],
  options: [OPTIONS],
  notes: [
    'The end of standard input ends writing, not reading (half-close); a terminal is read until the other side has ended. ocat ends when both sides have ended, or when the flow fails.',
    'Whether a flow is encrypted is agreed between the IRM daemons of both sides, by default it is; --verbose tells.',
  ],
  exitStatus: [
    [
      '0',
      'every byte arrived: the process at the other side has taken all that was sent, and has said that it sends no more',
    ],
    ['1', 'a failure, or nobody can tell (the other side is an Ouroboros of C, or the QoS loses packets)'],
    USAGE_STATUS,
    UNREACHABLE_STATUS,
    ['4', 'name or layer unknown'],
    ['5', 'time-out of the allocation'],
    ['6', 'refused'],
    ['7', 'QoS not available'],
  ],
  examples: [
    ['ocat --listen --name copy > file', 'Wait for a file.'],
    ['ocat --name copy < file', 'Send it.'],
  ],
};
