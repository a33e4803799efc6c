export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/**
 * Structured log. Levels: trace per packet, debug a deviation, info a change that a user sees, warn may wake someone,
 * error something is broken. Values go into `fields`; `id` is the correlation id of a flow allocation or enrollment.
 */
export interface Logger {
  enabled(level: LogLevel): boolean;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A logger that adds these fields to every line. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

export const SILENT: Logger = { enabled: () => false, log: () => undefined, child: () => SILENT };
