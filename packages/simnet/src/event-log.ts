import { toHex } from '@ouroboros/model';
import type { Clock, Logger, LogLevel } from '@ouroboros/ports';

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
/** Older lines make room: a long run must not fill the memory. */
const MAX_LINES = 200_000;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What happened in a run, one line an event, each with its virtual time in seconds. Two runs of one seed give the same lines.
 */
export class EventLog {
  private readonly kept: string[] = [];
  private dropped = 0;

  /** Lines below `level` are not kept. */
  constructor(
    private readonly clock: Clock,
    private readonly level: LogLevel = 'info',
  ) {}

  add(who: string, text: string, fields: Fields = {}): void {
    if (this.kept.length >= MAX_LINES) this.dropped += this.kept.splice(0, MAX_LINES / 2).length;
    const details = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields, plain)}` : '';
    this.kept.push(`${(this.clock.now() / 1e6).toFixed(6).padStart(12)} ${who} ${text}${details}`);
  }

  lines(): readonly string[] {
    return this.dropped === 0 ? this.kept : [`(${this.dropped} earlier lines)`, ...this.kept];
  }

  tail(count: number): string {
    return this.kept.slice(-count).join('\n');
  }

  keeps(level: LogLevel): boolean {
    return LEVELS.indexOf(level) >= LEVELS.indexOf(this.level);
  }

  /** The logger of one process. */
  logger(who: string, own: Fields = {}): Logger {
    return {
      enabled: (level) => this.keeps(level),
      log: (level, message, fields) => {
        if (this.keeps(level)) this.add(who, `${level} ${message}`, { ...own, ...fields });
      },
      child: (fields) => this.logger(who, { ...own, ...fields }),
    };
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Error) return value.message;
  return value;
}
