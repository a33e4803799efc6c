import type { Manual, OptionTable } from '@ouroboros/manual';
import type { LogLevel } from '@ouroboros/ports';

export const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

export const OPTIONS = {
  config: { type: 'string', value: 'FILE', help: 'read the configuration from FILE (TOML), see irmd.conf(5)' },
  'check-config': { type: 'boolean', help: 'report all faults of the configuration and change nothing' },
  stdout: {
    type: 'boolean',
    help: 'log to standard output, IPCPs and started programs too (default: to standard error, and to DIR/log/NAME.log for each IPCP and program)',
  },
  'runtime-dir': {
    type: 'string',
    value: 'DIR',
    help: 'folder of this node (default: $OUROBOROS_RUNTIME_DIR, else /run/ouroboros for root, else $XDG_RUNTIME_DIR/ouroboros, else /tmp/ouroboros-<uid>)',
  },
  'log-level': {
    type: 'string',
    value: 'LEVEL',
    help: 'trace, debug, info, warn or error (wins over the configuration)',
    completes: LEVELS,
  },
} as const satisfies OptionTable;

export const MANUAL: Manual = {
  name: 'irmd',
  section: 8,
  summary: 'the IRM daemon: creates IPCPs, owns names, and matches flow requests with processes',
  synopsis: ['[options]'],
  options: [OPTIONS],
  notes: [
    'Signals: SIGHUP reads the configuration again; SIGINT, SIGTERM and SIGQUIT stop the node. When irmd dies in another way, IPCPs and flows live on, and the next irmd adopts them.',
  ],
  exitStatus: [
    ['0', 'stopped'],
    ['1', 'a failure'],
    ['2', 'usage, or faults in the configuration'],
    ['6', 'refused'],
  ],
  seeAlso: ['irmd.conf(5)'],
};
