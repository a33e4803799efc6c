import { isatty } from 'node:tty';
import pino, { type DestinationStream } from 'pino';
import { PrettyStream } from './pretty-stream.js';
import { OuroborosError, toHex } from '@ouroboros/model';
import type { Logger, LogLevel } from '@ouroboros/ports';

export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

export interface LoggerOptions {
  /** Name of the program, in every line. */
  readonly program: string;
  /** Least level to write; default: `$OUROBOROS_LOG`, else `info`. */
  readonly level?: LogLevel;
  /** Text for people instead of JSON; default: when the output is a terminal. */
  readonly pretty?: boolean;
  /** Append to this file instead of writing to `fd`. */
  readonly file?: string;
  /** 1 = stdout, 2 = stderr, the default. */
  readonly fd?: 1 | 2;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * A structured log: one JSON object per line, to stderr, stdout or a file, or coloured text on a terminal. Lines are written at
 * once, so none is lost in a crash. EINVAL (field OUROBOROS_LOG) for an unknown level.
 */
export function createLogger(options: LoggerOptions): Logger {
  const level = options.level ?? levelOf(process.env['OUROBOROS_LOG']);
  const base = { program: options.program, pid: process.pid };
  const config = { level, base, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelWord } };
  return new PinoLogger(pino(config, destination(options)));
}

/** The legal levels are `LOG_LEVELS`; nothing = `info`. */
export function levelOf(word: string | undefined): LogLevel {
  if (word === undefined || word === '') return 'info';
  const level = LOG_LEVELS.find((known) => known === word);
  if (level) return level;
  const message = `OUROBOROS_LOG: unknown level '${word}' (${LOG_LEVELS.join(', ')})`;
  throw new OuroborosError('EINVAL', message, { field: 'OUROBOROS_LOG' });
}

const levelWord = (label: string): object => ({ level: label });

function destination(options: LoggerOptions): DestinationStream {
  const { file, fd = 2, pretty } = options;
  const onTerminal = file === undefined && isatty(fd);
  const target = file ?? fd;
  if (!(pretty ?? onTerminal)) return pino.destination({ dest: target, sync: true, append: true, mkdir: true });
  return new PrettyStream(target, onTerminal);
}

class PinoLogger implements Logger {
  constructor(private readonly target: pino.Logger) {}

  enabled(level: LogLevel): boolean {
    return this.target.isLevelEnabled(level);
  }

  log(level: LogLevel, message: string, fields?: Fields): void {
    if (!this.target.isLevelEnabled(level)) return;
    if (fields) this.target[level](readable(fields), message);
    else this.target[level](message);
  }

  child(fields: Fields): Logger {
    return new PinoLogger(this.target.child(readable(fields)));
  }
}

/** Keys that every line has; a field of the same name gets a `_` behind it, so that no line has a key twice. */
const OWN_KEYS: ReadonlySet<string> = new Set(['level', 'time', 'program', 'pid', 'msg']);

/** Bytes as hex, big numbers as text, errors as objects; the rest as it is. */
function readable(fields: Fields): Record<string, unknown> {
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.map(([key, value]) => [OWN_KEYS.has(key) ? `${key}_` : key, readableValue(value)]));
}

function readableValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof OuroborosError)
    return { code: value.code, message: value.message, field: value.field, stage: value.stage };
  if (value instanceof Error) return { message: value.message, stack: value.stack };
  return value;
}
