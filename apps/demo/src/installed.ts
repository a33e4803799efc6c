import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where the file of a program is that is found by its name; undefined where there is none. */
export function installed(program: string, path = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

/** Why programs can't be run, or null: those that are not installed. */
export function notInstalled(...programs: readonly string[]): string | null {
  const missing = programs.filter((program) => installed(program) === undefined);
  return missing.length === 0 ? null : `not installed: ${missing.join(', ')}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
