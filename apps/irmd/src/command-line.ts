import { parseArgs } from 'node:util';
import { INFORMATION } from '@ouroboros/manual';
import { OuroborosError } from '@ouroboros/model';
import type { LogLevel } from '@ouroboros/ports';
import { LEVELS, OPTIONS } from './manual.js';

/** What the command line asks for. */
export interface CommandLine {
  readonly config: string | undefined;
  readonly checkConfig: boolean;
  /** All logs to standard output. */
  readonly stdout: boolean;
  readonly runtimeDir: string | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly help: boolean;
  readonly version: boolean;
}

/** Reads the arguments behind the program's name. EINVAL names the option that is wrong. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parsed(args);
  const level = values['log-level'];
  if (level !== undefined && !isLevel(level)) {
    throw new OuroborosError('EINVAL', `--log-level must be one of ${LEVELS.join(', ')}, not "${level}"`, {
      field: 'log-level',
    });
  }
  for (const option of ['config', 'runtime-dir'] as const) {
    if (values[option] === '') throw new OuroborosError('EINVAL', `--${option} needs a path`, { field: option });
  }
  if (values['check-config'] && values.config === undefined && !values.help && !values.version) {
    throw new OuroborosError('EINVAL', '--check-config needs --config FILE', { field: 'config' });
  }
  return {
    config: values.config,
    checkConfig: values['check-config'] ?? false,
    stdout: values.stdout ?? false,
    runtimeDir: values['runtime-dir'],
    logLevel: level,
    help: values.help ?? false,
    version: values.version ?? false,
  };
}

const isLevel = (word: string): word is LogLevel => LEVELS.some((level) => level === word);

function parsed(args: readonly string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(args);
  } catch (thrown) {
    // The parser goes on with advice about "--", which does not help here.
    const message = (thrown as Error).message.split('. ', 1)[0]!;
    throw new OuroborosError('EINVAL', message, { cause: thrown });
  }
}

const parseOptions = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: { ...OPTIONS, ...INFORMATION },
    strict: true,
    allowPositionals: false,
  });
