import type { Logger, LogLevel } from '@ouroboros/ports';

const ORDER: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** The level that a family of loggers shares; SIGHUP changes it. */
export interface LevelSwitch {
  level: LogLevel;
}

/** Puts a level that can change while the daemon runs in front of a logger that writes everything. */
export function adjustable(target: Logger, threshold: LevelSwitch): Logger {
  const enabled = (level: LogLevel): boolean => ORDER.indexOf(level) >= ORDER.indexOf(threshold.level);
  return {
    enabled,
    log(level, message, fields) {
      if (enabled(level)) target.log(level, message, fields);
    },
    child: (fields) => adjustable(target.child(fields), threshold),
  };
}
